// Package website starts the Symfony website of the folder site, and visits it
// as a browser does.
package website

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Packages are the Debian packages that the website needs, for those who miss
// one.
const Packages = "php-cli php-symfony-framework-bundle php-symfony-security-bundle php-redis php-memcached php-igbinary php-pgsql php-mysql php-sqlite3"

// Works is a program in PHP that ends well if all of [Packages] are there.
const Works = `foreach (['redis', 'memcached', 'igbinary', 'pdo_pgsql', 'pdo_mysql', 'pdo_sqlite', 'sodium'] as $e) extension_loaded($e) || exit(1);
is_file('/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php') && is_file('/usr/share/php/Symfony/Bundle/SecurityBundle/autoload.php') || exit(1);`

// A Config says how a website keeps its sessions. The zero value is files in
// Dir.
type Config struct {
	Site     string // the folder of router.php; "site" by default
	Dir      string // what the website writes is in here; it must be set
	CacheDir string // the container is compiled here; websites may share it; by default in Dir

	SessionDSN       string   // handler_id; "native" leaves it to INI
	SerializeHandler string   // session.serialize_handler; "php" by default
	Marshaller       string   // none by default, deflate or sodium
	SodiumKeypair    []byte   // of sodium: the secret key and the public one, 32 bytes each
	Legacy           bool     // with the authentication of Symfony before 5.3
	RemoteUser       string   // whom the web server knows, behind the firewall remote
	INI              []string // lines of php.ini, such as "session.gc_maxlifetime=60"
}

// A Site is a running website.
type Site struct {
	URL  string // without a slash at the end
	Stop func() // ends it; may be called again

	mu  sync.Mutex
	log bytes.Buffer
}

// Start creates the table of the sessions, if they need one, and starts the
// website on a free port. It answers one request at a time.
func Start(c *Config) (*Site, error) {
	if _, err := Console(c, nil, "create-table"); err != nil {
		return nil, err
	}
	cmd := c.php("-S", "127.0.0.1:0", "router.php")
	dieWithParent(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("website: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("website: %w", err)
	}
	s := &Site{}
	url := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(url)
		s.listen(bufio.NewScanner(stderr), url)
	}()
	s.Stop = sync.OnceFunc(func() {
		cmd.Process.Kill()
		<-read
		cmd.Wait()
	})
	select {
	case s.URL = <-url:
	case <-time.After(20 * time.Second):
	}
	if s.URL == "" {
		s.Stop()
		return nil, fmt.Errorf("website: PHP does not start: %s", s.Log())
	}
	return s, nil
}

var started = regexp.MustCompile(`Development Server \((http://[0-9.:]+)\) started`)

// listen keeps what PHP writes, and tells once where the website is.
func (s *Site) listen(lines *bufio.Scanner, url chan<- string) {
	told := false
	for lines.Scan() {
		if m := started.FindStringSubmatch(lines.Text()); m != nil && !told {
			told = true
			url <- m[1]
		}
		if line := lines.Text(); !strings.HasSuffix(line, " Accepted") && !strings.HasSuffix(line, " Closing") {
			s.mu.Lock()
			s.log.WriteString(line + "\n")
			s.mu.Unlock()
		}
	}
}

// Log returns what PHP has written.
func (s *Site) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Console runs console.php with a standard input and returns what it prints.
func Console(c *Config, input []byte, args ...string) ([]byte, error) {
	if c.Dir == "" {
		return nil, errors.New("website: Config.Dir must be set")
	}
	if _, err := os.Stat(filepath.Join(c.site(), "console.php")); err != nil {
		return nil, fmt.Errorf("website: %w: run this in examples/symfony", err)
	}
	var stderr bytes.Buffer
	cmd := c.php(append([]string{"console.php"}, args...)...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("website: console.php %s: %w: %s%s", args[0], err, output, stderr.Bytes())
	}
	return output, nil
}

func (c *Config) site() string { return cmp.Or(c.Site, "site") }

// dsn is never empty, so that the command that makes the table has it too.
func (c *Config) dsn() string {
	return cmp.Or(c.SessionDSN, "file://"+filepath.Join(c.Dir, "sessions"))
}

func (c *Config) php(args ...string) *exec.Cmd {
	var ini []string
	for _, line := range c.INI {
		ini = append(ini, "-d", line)
	}
	cmd := exec.Command("php", append(ini, args...)...)
	cmd.Dir = c.site()
	legacy := ""
	if c.Legacy {
		legacy = "1"
	}
	cmd.Env = append(os.Environ(),
		"VAR_DIR="+c.Dir,
		"APP_CACHE_DIR="+c.CacheDir,
		"SESSION_DSN="+c.dsn(),
		"SERIALIZE_HANDLER="+c.SerializeHandler,
		"MARSHALLER="+c.Marshaller,
		"SODIUM_KEYPAIR="+base64.StdEncoding.EncodeToString(c.SodiumKeypair),
		"LEGACY="+legacy,
		"REMOTE_USER="+c.RemoteUser,
	)
	return cmd
}
