package chaos

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// explain prints differences, with what the cache has of the clients in them.
func (r *round) explain(all []difference) string {
	const most = 6
	var b strings.Builder
	for _, d := range all[:min(len(all), most)] {
		fmt.Fprintf(&b, "\t%v\n", d)
		for _, line := range append(d.missing[:min(len(d.missing), 3)], d.tooMany[:min(len(d.tooMany), 3)]...) {
			fmt.Fprintf(&b, "\t\tin the cache: %s\n", r.cache.explain(line))
		}
	}
	if len(all) > most {
		fmt.Fprintf(&b, "\tand %d more answers\n", len(all)-most)
	}
	for _, p := range r.nodes() {
		fmt.Fprintf(&b, "\t%s (node %s) logged:\n%s", p.name, p.node, p.stderr)
	}
	return b.String()
}

// explain looks for whatever a line begins with: a client, a node or a user.
func (c *cache) explain(line string) string {
	name, rest, _ := strings.Cut(line, " ")
	if id, err := clientstorage.ParseID(name); err == nil {
		user, _, _ := strings.Cut(rest, " ")
		return c.explainNode(id.Node().String()) + c.explainPage(name) + c.explainUser(user)
	}
	if keys, _ := c.keys("l:" + name); len(keys) > 0 {
		return c.explainNode(name)
	}
	return c.explainUser(name)
}

// explainNode says whether a node is in the list of nodes, and how long its lease
// will last.
func (c *cache) explainNode(node string) string {
	listed, _ := c.lists(node)
	ttl, _ := c.admin.PTTL(context.Background(), prefix+"l:"+node).Result()
	return fmt.Sprintf("node listed: %t, lease: %v; ", listed, ttl)
}

// explainPage says whether the page of a client holds its mark.
func (c *cache) explainPage(id string) string {
	node, place := id[:len(id)/2], id[len(id)/2:]
	raw, _ := base64.RawURLEncoding.DecodeString(place)
	key := prefix + "p:" + node + ":" + strconv.FormatUint(uint64(binary.BigEndian.Uint32(raw)/16), 36)
	value, _ := c.admin.Get(context.Background(), key).Bytes()
	return fmt.Sprintf("%s has %d bytes, its mark: %t; ", key, len(value), bytes.Contains(value, []byte(markName)))
}

// explainUser says which lists name a user.
func (c *cache) explainUser(user string) string {
	text := "lists with " + user + ":"
	lists, _ := c.keys("u:")
	for _, key := range lists {
		if value, _ := c.admin.Get(context.Background(), key).Bytes(); bytes.Contains(value, []byte(user)) {
			text += " " + key
		}
	}
	return text
}
