//go:build !race

package wsconn_test

const raced = false
