package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A world is the real website, and this program beside it.
type world struct {
	*testing.T
	store
	site   *website.Site
	socket string // where the program listens
	output *output
}

// everything is what a user of the example website gives this program.
var everything = []string{
	"-addr", "127.0.0.1:0", "-recheck", "50ms",
	"-context", "main,admin,shared,basic,remote,key",
	"-user", `App\Security\EntityUser=email`, "-user", `App\Security\Sf73User=email`,
	"-role", "ROLE_EDITOR=ROLE_USER", "-role", "ROLE_ADMIN=ROLE_EDITOR,ROLE_ALLOWED_TO_SWITCH",
}

// newWorld starts both, for as long as the test lasts. The container of the
// website is compiled into a folder that others may share.
func newWorld(t *testing.T, s store, container string, c website.Config, args ...string) *world {
	t.Helper()
	testserver.Try(t, website.Packages, "php", "-r", website.Works)
	c.Dir, c.CacheDir, c.RemoteUser = t.TempDir(), container, "bob"
	if c.SessionDSN == "" {
		c.SessionDSN = s.dsn
	}
	site, err := website.Start(&c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, store: s, site: site}
	t.Cleanup(func() {
		site.Stop()
		if complaint.MatchString(site.Log()) || t.Failed() {
			t.Errorf("the website wrote:\n%s", site.Log())
		}
	})
	w.start(append(append([]string{"-dsn", s.dsn, "-site", site.URL}, everything...), args...))
	return w
}

var complaint = regexp.MustCompile(`PHP [A-Z]|\[(critical|error)\]`)

// start runs the program until the test ends, and waits until it listens.
func (w *world) start(args []string) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, write)
		write.CloseWithError(io.EOF)
		ended <- err
	}()
	lines := bufio.NewReader(read)
	line, err := lines.ReadString('\n')
	_, w.socket, _ = strings.Cut(strings.TrimSpace(line), " on ")
	if err != nil || w.socket == "" {
		cancel()
		w.Fatalf("the program says %q and ends with %v", line, <-ended)
	}
	w.output = &output{}
	copied := make(chan struct{})
	go func() {
		io.Copy(w.output, lines)
		close(copied)
	}()
	w.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
		<-copied
		if w.Failed() {
			w.Logf("the program wrote:\n%s", w.output)
		}
	})
}

// output is what a program writes, while it does.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// must ends the test if a visitor could not do what he wanted.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v\n%s", err, w.site.Log())
	}
}

// login returns a visitor who has signed in by the form of a firewall.
func (w *world) login(firewall, user string) *website.Visitor {
	w.Helper()
	v := w.site.Visitor()
	w.must(v.Login(firewall, user, "pw", false))
	return v
}

func (w *world) get(v *website.Visitor, path string) {
	w.Helper()
	_, err := v.Get(path)
	w.must(err)
}

func (w *world) whoami(v *website.Visitor, firewall string) *website.Who {
	w.Helper()
	who, err := v.WhoAmI(firewall)
	w.must(err)
	return who
}
