package marshaller

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"sync"
)

// Inflate undoes what Symfony's DeflateMarshaller does to a session. It is for
// session.Options.Unwrap. Like DeflateMarshaller it returns data itself if that
// is not compressed, as sessions are not that the website stored before it
// compressed them. A session that becomes longer than max bytes is an error.
func Inflate(data []byte, max int) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	r.(flate.Resetter).Reset(bytes.NewReader(data), nil)
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r, int64(max)+1))
	if err == nil {
		data = b.Bytes()
	} else { // gzinflate() fails as well
		n = int64(len(data))
	}
	if err := tooLong(int(n), max); err != nil {
		return nil, err
	}
	return data, nil
}

// inflaters are kept because each has 40 KB of buffers.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}

func tooLong(n, max int) error {
	if n > max {
		return fmt.Errorf("marshaller: the session has more than the %d bytes that are allowed", max)
	}
	return nil
}
