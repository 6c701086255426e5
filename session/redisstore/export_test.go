package redisstore

import "time"

// SetQuiet makes tests of servers that hang faster. Call it before Watch.
func (s *Store) SetQuiet(d time.Duration) { s.quiet = d }

// WithPrefix is for prefixes that Options do not allow.
func (s *Store) WithPrefix(prefix string) *Store { s.prefix = prefix; return s }
