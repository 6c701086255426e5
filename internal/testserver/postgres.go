package testserver

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Postgres starts a PostgreSQL with these settings, such as
// "max_connections=20", and stops it when the test ends. Its database is
// "postgres". Whoever comes by TCP needs the password; the unix socket trusts.
func Postgres(tb testing.TB, settings ...string) *Database {
	tb.Helper()
	bin := filepath.Dir(find(tb, "postgres", "postgresql", "/usr/lib/postgresql/*/bin"))
	dir := shortTempDir(tb)
	as := ordinaryUser(tb, dir, "postgres", "nobody")
	data := filepath.Join(dir, "data")

	d := &Database{tb: tb, name: "postgres", Socket: dir, User: "postgres", Password: password, quit: syscall.SIGQUIT}
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		tb.Fatal(err)
	}
	run := slices.Concat(as, []string{filepath.Join(bin, "initdb"), "-D", data, "-U", d.User, "--pwfile", secret,
		"--auth-local=trust", "--auth-host=scram-sha-256", "--locale=C", "-E", "UTF8", "--no-sync"})
	if out, err := output(tb.Context(), run[0], run[1:]...); err != nil {
		tb.Fatalf("testserver: initdb: %v: %s", err, out)
	}
	d.command = func(port string) *exec.Cmd {
		run := slices.Concat(as, []string{filepath.Join(bin, "postgres"), "-D", data})
		for _, s := range append([]string{
			"port=" + port, "listen_addresses=127.0.0.1", "unix_socket_directories=" + dir,
			"fsync=off", "full_page_writes=off", "shared_buffers=16MB",
			"dynamic_shared_memory_type=mmap", // leaves nothing behind when it is killed
		}, settings...) {
			run = append(run, "-c", s)
		}
		return exec.Command(run[0], run[1:]...)
	}
	isReady := filepath.Join(bin, "pg_isready")
	d.ready = func() error {
		host, port, err := net.SplitHostPort(d.Addr)
		if err != nil {
			return err
		}
		if out, err := output(tb.Context(), isReady, "-h", host, "-p", port); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	d.first()
	return d
}

// ordinaryUser makes dir the folder of the first of users who is there, and
// returns the beginning of a command that runs what follows as him. Databases
// refuse to be root. For those who are not root it is env, and changes nothing.
func ordinaryUser(tb testing.TB, dir string, users ...string) []string {
	tb.Helper()
	if os.Geteuid() != 0 {
		return []string{Lookup(tb, "env", "coreutils")}
	}
	var u *user.User
	for _, name := range users {
		if u, _ = user.Lookup(name); u != nil {
			break
		}
	}
	if u == nil {
		tb.Fatalf("testserver: none of the users %s is there", users)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		tb.Fatal(err)
	}
	// The folder above may be root's alone, as one of mktemp is.
	if info, err := os.Stat(os.TempDir()); err == nil && info.Mode().Perm()&0o001 == 0 {
		if err := os.Chmod(os.TempDir(), info.Mode()|0o011); err != nil {
			tb.Fatal(err)
		}
	}
	// Becoming another user undoes what dieWithParent has arranged.
	return []string{Lookup(tb, "setpriv", "util-linux"), "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups", "--pdeathsig", "KILL"}
}

// shortTempDir is tb.TempDir with a short name: the path of a unix socket has at
// most 107 bytes.
func shortTempDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "db")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// A child of a killed server may write a little longer.
		for range 50 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		tb.Error(err)
	})
	return dir
}
