package firewall

import (
	"fmt"
	"slices"
)

// reachable returns, for each role of a hierarchy, all that it includes,
// directly or not. In a loop, a role includes itself.
func reachable(hierarchy map[string][]string) (map[string][]string, error) {
	all := make(map[string][]string, len(hierarchy))
	for role := range hierarchy {
		var found []string
		next := slices.Clone(hierarchy[role])
		for len(next) > 0 {
			r := next[0]
			next = next[1:]
			if r == "" {
				return nil, fmt.Errorf("firewall: Options.RoleHierarchy has an empty role below %q", role)
			}
			if slices.Contains(found, r) {
				continue
			}
			found = append(found, r)
			next = append(next, hierarchy[r]...)
		}
		all[role] = found
	}
	return all, nil
}

// withReachable returns roles, each once, and those they include after them. It
// returns roles itself if there is nothing to add.
func (f *Firewall) withReachable(roles []string) []string {
	if len(f.reachable) == 0 {
		return roles
	}
	all := make([]string, 0, len(roles)+4)
	add := func(role string) {
		if !slices.Contains(all, role) {
			all = append(all, role)
		}
	}
	for _, role := range roles {
		add(role)
	}
	for _, role := range roles {
		for _, r := range f.reachable[role] {
			add(r)
		}
	}
	return all
}

// allowed reports whether a user has one of the roles that are asked for.
func (f *Firewall) allowed(id *Identity) bool {
	return len(f.opts.AnyRole) == 0 || slices.ContainsFunc(f.opts.AnyRole, func(role string) bool {
		return slices.Contains(id.Roles, role)
	})
}
