package clientstorage

import (
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// sayClients says which pages have clients of the user, and reports whether they
// agree with the list.
func (x *userExplainer) sayClients(p *userPlace) (agrees bool) {
	var listed, strays int
	var without, unlisted []uint32
	x.countOn(p, slices.Values(p.named), func(page uint32, n int) {
		if listed += n; n == 0 {
			without = append(without, page)
		}
	})
	x.countOn(p, x.unnamed(p), func(page uint32, n int) {
		if strays += n; n > 0 {
			unlisted = append(unlisted, page)
		}
	})
	if x.Visible = listed > 0; x.Visible {
		x.say("client", true, "%s on the pages that are listed", plural(listed, "client"))
	}
	if len(without) > 0 {
		x.say("page", false, "listed, but no client of the user is there: %s", pageNumbers(without))
	}
	if strays > 0 {
		x.say("page", false, "not listed, so ByUser misses %s there, which All finds: %s", plural(strays, "client"), pageNumbers(unlisted))
	}
	return len(without) == 0 && strays == 0
}

// countOn calls found with the number of clients of the user on each of pages,
// and says how many pages cannot be read. It does not go on with a cache that
// fails.
func (x *userExplainer) countOn(p *userPlace, pages iter.Seq[uint32], found func(page uint32, n int)) {
	var failed uint32
	var first error
	for some := range chunks(pages, readAtOnce) {
		keys := make([]string, len(some))
		for i, page := range some {
			keys[i] = x.shared.pageKey(p.node, page)
		}
		broken := false
		for i, value := range x.shared.fetchEach(x.ctx, keys) {
			clients, err := x.shared.pageIn(x.ctx, value, p.node, some[i], 0, func(_ uint32, name []byte) bool { return string(name) == x.user })
			if err == nil || errors.Is(err, ErrNotFound) {
				found(some[i], len(clients))
				continue
			}
			if failed++; first == nil {
				first = err
			}
			broken = broken || !errors.Is(err, ErrCorrupt)
		}
		if broken {
			break
		}
	}
	if failed > 0 {
		x.fail("page", first, "%s cannot be read", plural(failed, "page"))
	}
}

// unnamed returns the pages that the lease covers and the list does not name, as
// long as any may be searched.
func (x *userExplainer) unnamed(p *userPlace) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for page := range p.lease.pages {
			if _, named := slices.BinarySearch(p.named, page); named {
				continue
			}
			if x.search--; x.search < 0 || !yield(page) {
				return
			}
		}
	}
}

// chunks returns what pages yields, n at a time.
func chunks(pages iter.Seq[uint32], n int) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		some := make([]uint32, 0, n)
		for page := range pages {
			if some = append(some, page); len(some) == n {
				if !yield(some) {
					return
				}
				some = some[:0]
			}
		}
		if len(some) > 0 {
			yield(some)
		}
	}
}

const numbersInStep = 8

// pageNumbers prints the first of pages.
func pageNumbers(pages []uint32) string {
	words := make([]string, 0, numbersInStep+1)
	for _, page := range pages[:min(len(pages), numbersInStep)] {
		words = append(words, strconv.FormatUint(uint64(page), 10))
	}
	if len(pages) > numbersInStep {
		words = append(words, "...")
	}
	return "page " + strings.Join(words, ", ")
}
