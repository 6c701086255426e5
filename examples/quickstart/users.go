package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
)

// A demoUser is shown on the page, password and all.
type demoUser struct {
	Name, Password string
	Roles          []string
}

var demoUsers = []demoUser{
	{"alice", "alice-demo", []string{"ROLE_ADMIN"}},
	{"bob", "bob-demo", []string{"ROLE_USER"}},
	{"carol", "carol-demo", []string{"ROLE_USER"}},
}

// An account is what a website keeps of a user: never the password itself.
type account struct {
	roles      []string
	salt, hash []byte
}

// The accounts are found by the names of their users.
type accounts map[string]account

// demoAccounts are those of the demo users, where your database would be. They
// are made once, when first asked for, because hashing passwords takes time.
var demoAccounts = sync.OnceValue(func() accounts {
	all := make(accounts)
	for _, u := range demoUsers {
		salt := make([]byte, saltLen)
		rand.Read(salt) // never fails, see crypto/rand
		hash, err := hashPassword(u.Password, salt)
		if err != nil {
			continue // in FIPS mode the demo passwords are too short
		}
		all[u.Name] = account{u.Roles, salt, hash}
	}
	return all
})

// check returns the roles of the user who has this password. For a name that
// nobody has it takes just as long, so that names cannot be told by the clock.
// A real website also limits how often one may try.
func (a accounts) check(name, password string) (roles []string, ok bool) {
	found, known := a[name]
	if !known {
		found.salt = make([]byte, saltLen)
	}
	hash, err := hashPassword(password, found.salt)
	if err != nil || subtle.ConstantTimeCompare(hash, found.hash) != 1 {
		return nil, false
	}
	return found.roles, known
}

const saltLen = 16

// hashRounds is what OWASP recommends. The tests are in a hurry and change it.
var hashRounds = 600_000

// hashPassword is slow on purpose: whoever steals the hashes must not be able
// to try many passwords.
func hashPassword(password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, hashRounds, sha256.Size)
}
