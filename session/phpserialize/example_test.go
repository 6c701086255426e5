package phpserialize_test

import (
	"errors"
	"fmt"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

func Example() {
	// What serialize() writes of an object with a private property and a list.
	data := []byte("O:8:\"App\\User\":2:{s:15:\"\x00App\\User\x00email\";s:16:\"zofie@example.cz\";" +
		`s:5:"roles";a:2:{i:0;s:9:"ROLE_USER";i:1;s:10:"ROLE_ADMIN";}}`)

	user, err := phpserialize.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	email, err := user.Property("email")
	if err != nil {
		fmt.Println(err)
		return
	}
	name, ok := email.Str()
	fmt.Println(user.Class(), name, ok)

	roles, _ := user.Property("roles")
	for i, role := range roles.All() {
		fmt.Println(i.Any(), role.Any())
	}
	// Output:
	// App\User zofie@example.cz true
	// 0 ROLE_USER
	// 1 ROLE_ADMIN
}

func ExampleParse_malformed() {
	_, err := phpserialize.Parse([]byte(`a:1:{i:0;s:6:"secret";`))
	fmt.Println(err)
	fmt.Println(errors.Is(err, phpserialize.ErrSyntax))
	// Output:
	// phpserialize: malformed: at byte 22: want "}"
	// true
}

// Two values in one input, of which the second refers to the first.
func ExampleParser() {
	data := []byte(`user|O:8:"App\User":1:{s:4:"name";s:5:"alice";}last|a:1:{i:0;r:1;}`)
	p := phpserialize.NewParser(data)

	p.Skip(len("user|"))
	_, err := p.Value()
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Skip(len("last|"))
	last, err := p.Value()
	if err != nil {
		fmt.Println(err)
		return
	}
	user, _ := last.Index(0)
	name, err := user.Property("name")
	fmt.Println(name.Any(), err, p.Offset() == len(data))
	// Output:
	// alice <nil> true
}
