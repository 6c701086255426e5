// Package marshaller undoes what Symfony's marshallers do to a session before it
// is stored, where the website has a MarshallingSessionHandler. What it has is for
// session.Options.Unwrap.
//
// With sessions in files, or in PHP's own handler, Symfony 5.4 at least stores a
// session that a request does not change as it is, neither compressed nor sealed
// (MarshallingSessionHandler::updateTimestamp over StrictSessionHandler).
// [Inflate] takes it; what [Unseal] returns does not, since it cannot know who
// wrote it, and the client is anonymous.
package marshaller
