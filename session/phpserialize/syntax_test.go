package phpserialize

import (
	"errors"
	"testing"
)

// TestSyntax tries what is just in the format, and what is just not; if PHP is
// there, it must agree.
func TestSyntax(t *testing.T) {
	taken := []string{
		"a:3:{i:0;N;i:1;N;i:2;N;}", // the shortest elements
		"a:00:{}", "a:1:{s:0:\"\";N;}",
		"O:1:\"\x80\":0:{}", "O:1:\"\xff\":0:{}", `O:1:"1":0:{}`, `O:3:"A\B":0:{}`, `O:2:"A\":0:{}`,
		`O:1:"X":1:{i:0;N;}`,
		`C:1:"X":1:{}}`, `C:1:"X":2:{";}`,
		"d:1e5;", "d:1E-5;", "d:-.5e+05;", "d:00.10;", "d:-0.;",
		`E:11:"Suit:Hearts";`, `E:12:"\Suit:Hearts";`,
	}
	refused := []string{
		"", "N", "n;", "N:;", "N ;", "b:;", "b:2;", "b:01;", "b:true;", "i:;", "i:-;", "i:+;", "i:--1;", "i:1.0;", "i:1 ;", "i:0x1;", "i:1e3;", "i1;", "i:1",
		"d:;", "d:.;", "d:-;", "d:e5;", "d:1e;", "d:1e+;", "d:.e1;", "d:+INF;", "d:+NAN;", "d:-NAN;", "d:INFI;", "d:inf;", "d:IN", "d:1_0;", "d:0x1p3;", "d:1.2.3;", "d:1,5;", "d:1", "d:Infinity;",
		"s:;", `s:1:a;`, `s:1:"a;`, `s:1:"a"`, `s:-1:"";`, `s:+1:"a";`, `s: 1:"a";`, `s:1 :"a";`, `s:1:'a';`, `s:2:"a";`, `s:0:"a";`,
		"a:1:{}", "a:0:{i:0;N;}", "a:-1:{}", "a:+0:{}", "a::{}", "a:1:{i:0;}", "a:1:{i:0;N;", "a:1:[i:0;N;]", "a:0:{", "a:0{}", "a:1:{i:0;N;i:1;N;}",
		"a:1:{N;N;}", "a:1:{b:0;N;}", "a:1:{d:0;N;}", "a:1:{a:0:{}N;}", `a:1:{O:1:"X":0:{}N;}`, "a:1:{R:1;N;}", `a:1:{E:11:"Suit:Hearts";N;}`,
		`O:0:"":0:{}`, `O:2:"\A":0:{}`, `O:3:"A-B":0:{}`, "O:3:\"A\x00B\":0:{}", `O:1:"X":-1:{}`, `O:1:"X":1:{}`, `O:1:"X"0:{}`, `O:1:"X":0:`, `O:1:X:0:{}`, `o:1:"X":0:{}`, "O:1:\"\x7f\":0:{}",
		`C:0:"":0:{}`, `C:1:"X":-1:{}`, `C:1:"X":1:{}`, `C:1:"X":2:{}`, `C:1:"X":0:{`, `C:1:"X":0:}{`, `C:1:"X":0{}`,
		`E:4:"Suit";`, `E:5:"Suit:";`, `E:7:":Hearts";`, `E:0:"";`, `E:11:"Suit:Hearts"`, `E:11:"Suit:Hearts":`, `E:12:"Su it:Hearts";`, `E:12:"Suit::Hearts";`, `E:13:"Suit:\Hearts";`,
		"R:1;", "r:1;", "R:;", "}", ";", " i:1;", "\x00",
	}
	for _, data := range taken {
		if _, err := Parse([]byte(data)); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	}
	for _, data := range refused {
		if v, err := Parse([]byte(data)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: is of kind %v, %v", data, v.Kind(), err)
		}
	}
	php := startPHP(t)
	for _, data := range taken {
		if _, ok := php.unserialize(t, []byte(data)); !ok {
			t.Errorf("PHP refuses %q", data)
		}
	}
	for _, data := range refused {
		if got, ok := php.unserialize(t, []byte(data)); ok {
			t.Errorf("PHP takes %q as %s", data, got)
		}
	}
}
