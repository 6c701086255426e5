//go:build !linux

package main

func newFleet(addr string, d *dialect) fleet { return &connFleet{addr: addr, dialect: d} }
