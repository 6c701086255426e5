//go:build race

package wsconn_test

// raced says that the tests run under the race detector, where all takes longer.
const raced = true
