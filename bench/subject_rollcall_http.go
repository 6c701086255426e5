package main

func init() {
	addSockets("rollcall net/http", func() socketServer { return rollcallHTTP{newRollcallServer()} })
}

// A rollcallHTTP is the same server behind net/http.
type rollcallHTTP struct{ rollcallServer }

func (s rollcallHTTP) serve(addr string) error { return serveHTTP(addr, s.Server, nil) }
