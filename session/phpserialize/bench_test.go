package phpserialize

import (
	"os"
	"path/filepath"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	files, err := filepath.Glob("testdata/tokens/*.token")
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(file), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// roles reads what somebody wants to know of a token.
func roles(token Value) (user string, roles []string) {
	parent, _ := token.Index(2)
	object, _ := parent.Index(0)
	identifier, _ := object.Property("username")
	user, _ = identifier.Str()
	names, _ := parent.Index(4)
	for _, name := range names.All() {
		role, _ := name.Str()
		roles = append(roles, role)
	}
	return user, roles
}

const tokenFile = "testdata/tokens/v5.4.53-UsernamePasswordToken.inmemory.token"

func BenchmarkParseAndRead(b *testing.B) {
	data, err := os.ReadFile(tokenFile)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		token, err := Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		if user, roles := roles(token); user == "" || len(roles) == 0 {
			b.Fatal(user, roles)
		}
	}
}

func TestAllocations(t *testing.T) {
	data, err := os.ReadFile(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	var token Value
	if n := testing.AllocsPerRun(100, func() { token, _ = Parse(data) }); n > 3 {
		t.Errorf("Parse allocates %v times; want the document, its nodes and its slots", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		parent, _ := token.Index(2)
		user, _ := parent.Index(0)
		user.Property("username")
		user.Property(`Symfony\Component\Security\Core\User\User::username`)
		user.Key("\x00*\x00name")
		for range parent.All() {
		}
	}); n != 0 {
		t.Errorf("looking up allocates %v times", n)
	}
	if user, roles := roles(token); user != "alice" || len(roles) != 2 {
		t.Errorf("the user is %q with the roles %q", user, roles)
	}
}
