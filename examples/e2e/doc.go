// Package e2e holds the browser test of the quickstart: it builds the program,
// starts it and uses its page in a real Chromium, as people would.
//
//	cd examples/e2e && go test ./...
//
// It is a module of its own, so that the browser driver is no dependency of
// Rollcall. Chromium must be installed, and redis-server for the tests of two
// nodes; without them the tests are skipped, or fail if
// ROLLCALL_REQUIRE_SERVERS is set.
//
// With ROLLCALL_SCREENSHOTS=/some/folder the page is also saved as pictures.
package e2e
