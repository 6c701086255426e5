module github.com/rollcall-go/rollcall

go 1.26.0

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/eko/gocache/lib/v4 v4.3.0
	github.com/gobwas/ws v1.5.0
	github.com/tinylib/msgp v1.6.5
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/exp v0.0.0-20251209150349-8475f28825e9 // indirect
)
