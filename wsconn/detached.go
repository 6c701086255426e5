package wsconn

import (
	"errors"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// detached closes the connection of a client that somebody else has detached
// from the storage: the limit of clients of a user, or the application, which
// can end any connection of its node that way. The reason may be a [CloseError],
// which says how.
//
// It is a hook of the storage, which may have other servers' clients too. Those
// that close by themselves are not among the connections any more.
func (s *Server) detached(client *clientstorage.Client, reason error) {
	c := s.index.get(client.ID)
	if c == nil {
		return
	}
	ce, ok := errors.AsType[CloseError](reason)
	switch {
	case ok:
		c.Close(ce.Code, ce.Reason)
	case errors.Is(reason, clientstorage.ErrDisplaced):
		c.Close(StatusDisplaced, "displaced by a newer connection")
	default:
		c.Close(ws.StatusPolicyViolation, "detached")
	}
}

// refusal says how to close a client that cannot be attached.
func (s *Server) refusal(err error) CloseError {
	if errors.Is(err, clientstorage.ErrLimit) {
		return CloseError{StatusTooMany, "too many connections"}
	}
	s.Logger.Error("wsconn: cannot attach a client", "err", err)
	return CloseError{ws.StatusInternalServerError, "cannot be attached"}
}
