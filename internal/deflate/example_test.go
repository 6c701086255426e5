package deflate_test

import (
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/deflate"
)

func ExampleNegotiate() {
	// What a browser offers, and what a client with little memory does.
	for _, offer := range []string{
		"permessage-deflate; client_max_window_bits",
		"permessage-deflate; server_max_window_bits=10",
		"permessage-deflate; server_max_window_bits=99",
	} {
		response, p, ok := deflate.Negotiate(offer)
		if !ok {
			fmt.Println("declined")
			continue
		}
		fmt.Println(response)
		fmt.Println("  800 bytes:", p.Fits(800), " 8000 bytes:", p.Fits(8000))
	}
	// Output:
	// permessage-deflate; server_no_context_takeover; client_no_context_takeover
	//   800 bytes: true  8000 bytes: true
	// permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10
	//   800 bytes: true  8000 bytes: false
	// declined
}

// A message is compressed once for all clients that understand it.
func ExampleDeflate() {
	message := []byte(strings.Repeat("to be, or not to be? ", 100))
	compressed, ok := deflate.Deflate(nil, message)
	if !ok {
		compressed = nil // would be longer
	}
	for _, p := range []deflate.Params{0, 10, 15} {
		if compressed != nil && p.Fits(len(message)) {
			back, err := deflate.Inflate(nil, compressed, len(message))
			fmt.Println("compressed:", string(back) == string(message), err)
		} else {
			fmt.Println("as it is")
		}
	}
	// Output:
	// as it is
	// as it is
	// compressed: true <nil>
}

func ExampleInflate() {
	// From RFC 7692 section 7.2.3.1.
	hello := []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}
	message, err := deflate.Inflate(nil, hello, 1<<20)
	fmt.Printf("%s %v\n", message, err)
	_, err = deflate.Inflate(nil, hello, 4)
	fmt.Println(err)
	// Output:
	// Hello <nil>
	// deflate: inflated message too big
}
