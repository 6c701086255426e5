package testserver

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// MariaDB starts a mariadbd with these options, such as "--sql-mode=ANSI", and
// stops it when the test ends. It has no database but its own, "mysql".
func MariaDB(tb testing.TB, options ...string) *Database {
	tb.Helper()
	server := find(tb, "mariadbd", "mariadb-server-core", "/usr/sbin")
	install := find(tb, "mariadb-install-db", "mariadb-server-core", "/usr/bin")
	find(tb, "my_print_defaults", "mariadb-client-core", "/usr/bin") // install needs it
	dir := shortTempDir(tb)
	as := ordinaryUser(tb, dir, "mysql", "nobody")

	// Small logs, and nothing that waits for the disk.
	quick := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--tmpdir=" + dir, "--innodb-log-file-size=4M",
		"--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync"}
	// Told a user by --user, it would change the owner of files of the system.
	run := slices.Concat(as, []string{install}, quick, []string{"--auth-root-authentication-method=normal", "--skip-test-db"})
	if out, err := output(tb.Context(), run[0], run[1:]...); err != nil {
		tb.Fatalf("testserver: mariadb-install-db: %v: %s", err, out)
	}

	// What is killed is not asked to end, which takes a second.
	d := &Database{tb: tb, name: "mariadbd", Socket: filepath.Join(dir, "sock"), User: "rollcall", Password: password, quit: syscall.SIGKILL}
	users := filepath.Join(dir, "users.sql")
	if err := os.WriteFile(users, []byte("CREATE USER IF NOT EXISTS '"+d.User+"'@'%' IDENTIFIED BY '"+d.Password+"';\n"+
		"GRANT ALL ON *.* TO '"+d.User+"'@'%' WITH GRANT OPTION;\n"+
		"DROP USER IF EXISTS ''@'localhost';\n"), 0o644); err != nil {
		tb.Fatal(err)
	}
	d.command = func(port string) *exec.Cmd {
		run := slices.Concat(as, []string{server}, quick, []string{"--bind-address=127.0.0.1", "--port=" + port, "--socket=" + d.Socket,
			"--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + users, "--skip-name-resolve", "--max-connections=50"}, options)
		return exec.Command(run[0], run[1:]...)
	}
	d.ready = func() error { return greets(d.Addr) }
	d.first()
	return d
}

// greets waits for the first byte of a server that speaks first.
func greets(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, err = conn.Read(make([]byte, 1))
	return err
}
