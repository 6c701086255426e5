package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/redisdriver"
)

// childVariable holds the settings of a child, as JSON. Where it is set, this
// program is a child instead of a test.
const childVariable = "ROLLCALL_CHAOS_CHILD"

// A node is what a child runs. One that is never told to churn is a reader.
type node struct {
	storage *clientstorage.Storage
	churn   *churn
	watch   *watch
}

// runChild serves requests until there are no more, and returns the exit code.
func runChild(text string) int {
	logging.Disable() // go-redis logs what it also returns
	if err := serveChild(text, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serveChild(text string, in io.Reader, out io.Writer) error {
	var s settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	n, err := newNode(s)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { n.watch.run(ctx, rand.New(rand.NewPCG(s.Seed, 1))) })
	defer watching.Wait()
	defer stop()

	requests, replies := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r request
		if err := requests.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		answer, err := n.obey(r)
		if err != nil {
			answer.Err = err.Error()
		}
		answer.Violations = n.watch.take()
		if err := replies.Encode(answer); err != nil {
			return err
		}
	}
}

func newNode(s settings) (*node, error) {
	client := redis.NewClient(&redis.Options{
		Addr:                  s.Addr,
		MaxRetries:            s.Retries,
		DialTimeout:           time.Second,
		ContextTimeoutEnabled: true,
	})
	storage, err := clientstorage.New(redisdriver.New(client), &clientstorage.Options{
		Prefix:  prefix,
		Name:    s.Name,
		Lease:   lease,
		Timeout: timeout,
		NoWait:  s.NoWait,
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return nil, err
	}
	w := &watch{storage: storage, known: make(map[string]string)}
	c := &churn{storage: storage, fails: w.fails, random: rand.New(rand.NewPCG(s.Seed, 2))}
	return &node{storage, c, w}, nil
}

func (n *node) obey(r request) (reply, error) {
	switch r.Do {
	case doHello:
		return reply{Node: n.storage.Node().String()}, nil
	case doChurn:
		n.churn.start(r.Clients, r.Pause)
		return reply{}, nil
	case doBurst:
		n.churn.burst(r.Clients, fmt.Sprintf("burst-%v", n.storage.Node()))
		return reply{}, nil
	case doRest:
		n.churn.rest()
		return reply{Gone: n.churn.gone}, nil
	case doTruth:
		clients, attached := n.churn.truth()
		return reply{Clients: clients, Attached: attached}, nil
	case doAsk:
		return reply{Answers: ask(n.storage, r.Questions)}, nil
	case doClose:
		n.churn.rest()
		return reply{}, n.close()
	}
	return reply{}, fmt.Errorf("there is no request %q", r.Do)
}

// close closes the storage, again and again if the cache fails.
func (n *node) close() error {
	for deadline := time.Now().Add(patience / 2); ; time.Sleep(timeout) {
		ctx, cancel := context.WithTimeout(context.Background(), lease)
		err := n.storage.Close(ctx)
		cancel()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
