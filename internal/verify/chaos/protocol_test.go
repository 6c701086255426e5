package chaos

import (
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

const (
	prefix  = "chaos:"
	lease   = 3 * time.Second // the least that a storage takes
	beat    = lease / 3
	timeout = 500 * time.Millisecond
)

// roles are those that clients have.
var roles = []string{"ROLE_USER", "ROLE_ADMIN", "ROLE_EDITOR", "ROLE_GUEST"}

// settings are what a child is started with.
type settings struct {
	Addr, Name string
	Seed       uint64
	Retries    int  // of go-redis; -1 is none
	NoWait     bool // Options.NoWait
}

// A request is a line that the harness writes to a child.
type request struct {
	Do        string        // one of the constants below
	Clients   int           `json:",omitempty"` // for churn and burst
	Pause     time.Duration `json:",omitempty"` // for churn, between two changes
	Questions questions     `json:",omitzero"`  // for ask
}

const (
	doHello = "hello" // say who you are
	doChurn = "churn" // attach, update and detach, around so many clients
	doBurst = "burst" // attach so many, or detach so many if less than zero
	doRest  = "rest"  // stop both; returns when nothing is under way
	doTruth = "truth" // what is attached here
	doAsk   = "ask"   // answer questions about the cluster
	doClose = "close" // withdraw this node
)

// A reply is the line that a child writes for each request.
type reply struct {
	Err        string   `json:",omitempty"`
	Node       string   `json:",omitempty"`
	Clients    []client `json:",omitempty"`
	Attached   int      `json:",omitempty"` // clients so far
	Gone       []string `json:",omitempty"` // some of the clients that left
	Answers    answers  `json:",omitempty"`
	Violations []string `json:",omitempty"` // of what holds at any time
}

// A client is a clientstorage.Client as far as processes agree on it.
type client struct {
	ID         string
	User       string
	Anonymous  bool              `json:",omitempty"`
	Roles      []string          `json:",omitempty"`
	Attributes map[string]string `json:",omitempty"`
	Since      int64             // in milliseconds, which is what the cache keeps
}

func plain(c *clientstorage.Client) client {
	return client{c.ID.String(), c.User, c.Anonymous, c.Roles, c.Attributes, c.Since.UnixMilli()}
}

// String is how a client is compared: all of it, in one line.
func (c client) String() string {
	return fmt.Sprintf("%s %s anonymous=%t %q %q since=%d", c.ID, c.User, c.Anonymous, c.Roles, c.Attributes, c.Since)
}
