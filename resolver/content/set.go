package content

import (
	"hash/maphash"
	"sync"
)

// Set remembers the images that were read and found sound. There are as many as
// answers in the cache, so it keeps a keyed hash of each and nothing else. Past its
// size the older half goes.
type Set struct {
	seed maphash.Seed
	half int

	mu           sync.Mutex
	young, older map[uint64]struct{}
}

// NewSet makes a Set of at most size images.
func NewSet(size int) *Set {
	return &Set{seed: maphash.MakeSeed(), half: max(size/2, 1), young: map[uint64]struct{}{}}
}

// Has reports whether an image is in the set.
func (s *Set) Has(image string) bool {
	h := maphash.String(s.seed, image)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.young[h]; ok {
		return true
	}
	_, ok := s.older[h]
	return ok
}

// Add puts an image into the set.
func (s *Set) Add(image string) {
	h := maphash.String(s.seed, image)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= s.half {
		s.young, s.older = map[uint64]struct{}{}, s.young
	}
	s.young[h] = struct{}{}
}
