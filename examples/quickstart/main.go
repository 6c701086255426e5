package main

import _ "github.com/alexedwards/scs/goredisstore"

func main() {}
