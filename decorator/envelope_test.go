package decorator

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func TestEnvelope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := appendEnvelope(nil, []byte("value"), time.Second)
		if got, err := openEnvelope(b); err != nil || string(got) != "value" {
			t.Errorf("before its time: %q, %v", got, err)
		}
		time.Sleep(time.Second - time.Nanosecond)
		if _, err := openEnvelope(b); err != nil {
			t.Errorf("just before its time: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if got, err := openEnvelope(b); !errors.Is(err, clientstorage.ErrNotFound) {
			t.Errorf("after its time: %q, %v; want ErrNotFound", got, err)
		}
	})
}

// FuzzEnvelope checks that hostile bytes are corrupt or a value of theirs, and
// that what was wrapped comes back.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("value"))
	f.Add(appendEnvelope(nil, []byte("value"), time.Hour))
	f.Add(appendEnvelope(nil, nil, -time.Hour))
	f.Add([]byte{envelopeVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{envelopeVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := openEnvelope(b)
		switch {
		case err == nil && !bytes.HasSuffix(b, got):
			t.Errorf("%x opens as %x", b, got)
		case err != nil && !errors.Is(err, clientstorage.ErrCorrupt) && !errors.Is(err, clientstorage.ErrNotFound):
			t.Errorf("%x: %v", b, err)
		}
		if got, err := openEnvelope(appendEnvelope(nil, b, time.Hour)); err != nil || got == nil || !bytes.Equal(got, b) {
			t.Errorf("%x comes back as %x, %v", b, got, err)
		}
	})
}
