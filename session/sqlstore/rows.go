package sqlstore

import (
	"context"
	"fmt"
	"strconv"
)

// A row is what the table has of one session.
type row struct {
	id             string
	size           number
	data           []byte // nil if size is too much
	lifetime, time number
	now            number // the clock of the database
}

// rows asks for ids and returns those that are there by their id. The error is
// for the caller of Fetch.
func (s *Store) rows(ctx context.Context, ids []string, max int) (map[string]*row, error) {
	type answer struct {
		rows map[string]*row
		err  error
	}
	// Not every driver returns when ctx ends: some wait for a server that hangs,
	// or for a lock.
	answers := make(chan answer, 1)
	go func() {
		defer func() { // which would end the process
			if v := recover(); v != nil {
				answers <- answer{err: fmt.Errorf("the driver panicked with a %T", v)}
			}
		}()
		rows, err := s.persist(ctx, ids, max)
		answers <- answer{rows, err}
	}()
	var a answer
	select {
	case a = <-answers:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	switch {
	case a.err == nil:
		return a.rows, nil
	case ctx.Err() != nil:
		return nil, late(ctx)
	}
	return nil, s.explain(a.err, ids)
}

// attempts is how often is asked if the connection turns out to be lost.
// Database/sql itself only asks again if the driver knows that the database has
// not seen the query; but reading twice does no harm.
const attempts = 3

func (s *Store) persist(ctx context.Context, ids []string, max int) (rows map[string]*row, err error) {
	for range attempts {
		rows, err = s.ask(ctx, ids, max)
		if err == nil || ctx.Err() != nil || s.table.dialect == SQLite || !lost(err) {
			break
		}
		if s.owned {
			renew(s.db)
		}
	}
	return rows, err
}

func (s *Store) ask(ctx context.Context, ids []string, max int) (map[string]*row, error) {
	result, err := s.db.QueryContext(ctx, s.table.query(len(ids), max), s.table.dialect.args(ids)...)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	rows := make(map[string]*row, len(ids))
	for _, id := range ids {
		rows[id] = nil
	}
	for result.Next() {
		r := new(row)
		if err := result.Scan(&r.id, &r.size, &r.data, &r.lifetime, &r.time, &r.now); err != nil {
			return nil, err
		}
		// A collation may find ids that are only alike, and a column that pads
		// may return the same id twice.
		if first, asked := rows[r.id]; asked && first == nil {
			rows[r.id] = r
		}
	}
	return rows, result.Err()
}

// A number is 0 until it has scanned a whole number of whatever type. For NULL it
// stays so. Where there is none, it says so, instead of an error that quotes the
// value.
type number struct {
	n   int64
	bad bool
}

// Scan implements sql.Scanner.
func (n *number) Scan(value any) error {
	text := ""
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		n.n = v
		return nil
	case []byte:
		text = string(v)
	case string:
		text = v
	}
	var err error
	n.n, err = strconv.ParseInt(text, 10, 64)
	n.bad = err != nil
	return nil
}
