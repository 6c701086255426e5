package main

import (
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/marshaller"
	"github.com/rollcall-go/rollcall/wsconn"

	// Where the sessions may lie. Import those you need.
	_ "github.com/rollcall-go/rollcall/session/filestore"
	_ "github.com/rollcall-go/rollcall/session/memcachedstore"
	_ "github.com/rollcall-go/rollcall/session/redisstore"
	_ "github.com/rollcall-go/rollcall/session/sqlstore"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// A config is what the command line says.
type config struct {
	addr, site, dsn, cookie string
	contexts                []string
	users                   map[string]symfony.Identifier
	hierarchy               map[string][]string
	deflate                 bool
	sodium                  string // the file of the key pair
	recheck                 time.Duration
	instant                 bool
	diagnose                string
}

func parse(args []string, out io.Writer) (*config, error) {
	c := &config{users: map[string]symfony.Identifier{}, hierarchy: map[string][]string{}}
	flags := flag.NewFlagSet("symfony", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "where to listen for sockets")
	flags.StringVar(&c.site, "site", "http://127.0.0.1:8000", "the website, whose pages may open sockets")
	flags.StringVar(&c.dsn, "dsn", "", "where the website's sessions are: its framework.session.handler_id")
	flags.StringVar(&c.cookie, "cookie", "PHPSESSID", "the session cookie: its framework.session.name")
	context := flags.String("context", "main", "the firewalls of security.yaml whose users are known here, with commas; for one that has a context, that")
	flags.Func("user", `where the identifier of your users is, as in App\Entity\User=email; may be given several times`, c.user)
	flags.Func("role", "a line of role_hierarchy, as in ROLE_ADMIN=ROLE_USER,ROLE_EDITOR; may be given several times", c.role)
	flags.BoolVar(&c.deflate, "deflate", false, "the website compresses its sessions, by DeflateMarshaller")
	flags.StringVar(&c.sodium, "sodium", "", "the website encrypts its sessions, by SodiumMarshaller, with the key pair in this file, in base64")
	flags.DurationVar(&c.recheck, "recheck", 30*time.Second, "how often the sessions of those who are connected are read again")
	flags.BoolVar(&c.instant, "instant", false, "hear of changes at once, where the store can tell")
	flags.StringVar(&c.diagnose, "diagnose", "", "tell who sends this Cookie header, and how that is found, and end")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if c.dsn == "" || flags.NArg() > 0 {
		flags.Usage()
		return nil, errors.New("-dsn is missing: where are the website's sessions?")
	}
	c.contexts = strings.Split(*context, ",")
	return c, nil
}

func (c *config) user(s string) error {
	class, property, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New(`it looks like App\Entity\User=email`)
	}
	c.users[class] = symfony.Property(property)
	return nil
}

func (c *config) role(s string) error {
	role, others, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("it looks like ROLE_ADMIN=ROLE_USER,ROLE_EDITOR")
	}
	c.hierarchy[role] = strings.Split(others, ",")
	return nil
}

// sessions opens what the website writes.
func (c *config) sessions() (*session.Reader, error) {
	opts := &session.Options{}
	if c.deflate {
		opts.Unwrap = marshaller.Inflate
	}
	if c.sodium != "" {
		text, err := os.ReadFile(c.sodium)
		if err != nil {
			return nil, err
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s is not base64", c.sodium)
		}
		if opts.Unwrap, err = marshaller.Unseal(key); err != nil {
			return nil, err
		}
	}
	return session.Open(c.dsn, opts)
}

// firewall knows the website's users by their sessions.
func (c *config) firewall(sessions session.Handler) (*firewall.Firewall, error) {
	identify, err := symfony.New(&symfony.Options{Contexts: c.contexts, Users: c.users})
	if err != nil {
		return nil, err
	}
	return firewall.New(&firewall.Options{
		Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
			Sessions: sessions,
			Cookie:   session.Cookie{Name: c.cookie},
			Identify: identify,
			Instant:  c.instant,
		}},
		RoleHierarchy: c.hierarchy,
		Origins:       []string{c.site},
	})
}

// server serves those whom the firewall lets in.
func (c *config) server(who *firewall.Firewall, out io.Writer) *wsconn.Server {
	return &wsconn.Server{
		Firewall: who,
		Handler:  &teller{out: out},
		Limits:   wsconn.Limits{RecheckInterval: c.recheck},
	}
}
