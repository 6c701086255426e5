package php_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/session/php"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

func Example() {
	// What PHP stores of $_SESSION = ['visits' => 3, 'user' => ['id' => 'alice']].
	data := []byte(`visits|i:3;user|a:1:{s:2:"id";s:5:"alice";}`)

	variables, err := php.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(variables["visits"])
	user, _ := variables["user"].(phpserialize.Value)
	fmt.Println(user.Get("id"))
	// Output:
	// 3
	// alice true
}

func ExampleDecodeBinary() {
	variables, err := php.DecodeBinary([]byte("\x06visitsi:3;"))
	fmt.Println(variables["visits"], err)
	// Output: 3 <nil>
}
