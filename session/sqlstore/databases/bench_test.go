package databases

import (
	"testing"

	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// BenchmarkRead reads one session, and a thousand in one query, as those do who
// follow the sessions of many clients.
func BenchmarkRead(b *testing.B) {
	for name, start := range map[string]func() *server{
		"PostgreSQL": func() *server { return startPostgres(b) },
		"MariaDB":    func() *server { return startMariaDB(b) },
		"SQLite":     func() *server { return &server{dialect: sqlstore.SQLite} },
	} {
		w := start().site(b)
		w.sessions(b)
		ids := w.thousand(b)
		r := w.reader(b, "")
		for size, ids := range map[string][]string{"one": ids[:1], "thousand": ids} {
			b.Run(name+"/"+size, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					for _, result := range r.ReadMany(b.Context(), ids) {
						if result.Err != nil {
							b.Fatal(result.Err)
						}
					}
				}
			})
		}
	}
}
