package databases

import (
	"testing"

	"github.com/rollcall-go/rollcall/session/sqlstore"
)

// everywhere are the tests that every database passes, each with a site of its
// own.
var everywhere = map[string]func(*testing.T, *site){
	"fixtures":       testFixtures,
	"lifetime":       testLifetime,
	"names":          testNames,
	"no lifetime":    testNoLifetime,
	"text column":    testTextColumn,
	"exact ids":      testExactIDs,
	"hostile ids":    testHostileIDs,
	"too long":       testTooLong,
	"thousand":       testThousand,
	"writes nothing": testWritesNothing,
	"row lock":       testRowLock,
	"table lock":     testTableLock,
	"concurrent":     testConcurrent,
	"errors":         testErrors,
	"user's pool":    testUsersPool,
	"Symfony":        testSymfony,
	"Symfony's lock": testSymfonyLock,
	"PDO's names":    testPDONames,
}

// ofServers are the tests that need a server.
var ofServers = map[string]func(*testing.T, *site){
	"unix socket":   testUnixSocket,
	"no rights":     testNoRights,
	"one query":     testOneQuery,
	"index":         testIndex,
	"restart":       testRestart,
	"restart often": testRestartOften,
	"down":          testDown,
	"paused":        testPaused,
	"silent":        testSilent,
}

func TestPostgreSQL(t *testing.T) { runAll(t, startPostgres(t), everywhere, ofServers) }

func TestMariaDB(t *testing.T) { runAll(t, startMariaDB(t), everywhere, ofServers) }

func TestSQLite(t *testing.T) {
	runAll(t, &server{dialect: sqlstore.SQLite}, everywhere, map[string]func(*testing.T, *site){"WAL": testWAL, "read-only file": testReadOnlyFile})
}

func runAll(t *testing.T, s *server, suites ...map[string]func(*testing.T, *site)) {
	for _, tests := range suites {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) { test(t, s.site(t)) })
		}
	}
}
