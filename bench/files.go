package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
)

// A row is one number of the results, for programs to read.
type row struct {
	Question string  `json:"question"`
	Subject  string  `json:"subject"`
	N        int     `json:"n"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
}

// rows returns the medians: of each answer its value, the allocations if they
// were counted, the speed as a ratio if it was measured, and the details.
func rows(answers []answer) []row {
	rows := []row{} // an empty array, not null
	for _, a := range answers {
		r := row{Question: a.question.name, Subject: a.subject, N: a.clients, Value: a.value, Unit: a.question.unit}
		rows = append(rows, r)
		if a.question.inProcess() {
			r.Value, r.Unit = a.allocs, unitAllocs
			rows = append(rows, r)
		}
		if !math.IsNaN(a.rate) {
			r.Value, r.Unit = a.rate, unitRate
			rows = append(rows, r)
		}
		for i, unit := range a.question.details {
			if v := a.details[i]; !math.IsNaN(v) { // JSON knows no NaN
				r.Value, r.Unit = v, unit
				rows = append(rows, r)
			}
		}
	}
	return rows
}

// writeFiles writes results.json and results.svg into dir.
func writeFiles(dir string, res *results) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(rows(res.answers), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "results.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "results.svg"), chart(res.answers), 0o644)
}
