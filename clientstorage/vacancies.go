package clientstorage

import "math/bits"

// vacancies is a set of slot numbers that gives out the lowest first, so that
// clients lie close together: a page in the cache holds many of them, and a
// storm of them needs few writes. The zero value is empty.
//
// It is a tree of bits. A bit at level 0 is a slot; a bit above says that the
// word of 64 bits below it is not empty. So it costs one bit a slot, and adding
// and taking touch one word of each level.
type vacancies [vacancyLevels][]uint64

// vacancyLevels is enough for maxSlots: each level has six more bits.
const vacancyLevels = 5

func (v *vacancies) add(n uint32) {
	for level := range v {
		word := int(n / 64)
		if grow := word + 1 - len(v[level]); grow > 0 {
			v[level] = append(v[level], make([]uint64, grow)...)
		}
		before := v[level][word]
		v[level][word] = before | 1<<(n%64)
		if before != 0 {
			return // the levels above know
		}
		n /= 64
	}
}

// take removes the lowest number and returns it, if there is one.
func (v *vacancies) take() (n uint32, ok bool) {
	top := v[vacancyLevels-1]
	if len(top) == 0 || top[0] == 0 {
		return 0, false
	}
	for level := vacancyLevels - 1; level >= 0; level-- {
		n = n*64 + uint32(bits.TrailingZeros64(v[level][n]))
	}
	for level, bit := 0, n; level < vacancyLevels; level, bit = level+1, bit/64 {
		word := &v[level][bit/64]
		if *word &^= 1 << (bit % 64); *word != 0 {
			break
		}
	}
	return n, true
}
