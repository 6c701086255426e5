package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"slices"
)

// Measures of the picture, in pixels.
const (
	chartWidth  = 820
	labelWidth  = 170
	barWidth    = 430 // of the longest bar of a question
	lineHeight  = 22
	titleHeight = 30
	margin      = 16
)

// chart draws a bar for every answer, question by question. The bars of one
// question have one scale, which begins at zero.
func chart(answers []answer) []byte {
	var body bytes.Buffer
	y := margin
	for len(answers) > 0 {
		same := slices.IndexFunc(answers, func(a answer) bool { return a.question.name != answers[0].question.name })
		if same < 0 {
			same = len(answers)
		}
		y = drawQuestion(&body, answers[:same], y)
		answers = answers[same:]
	}
	var picture bytes.Buffer
	fmt.Fprintf(&picture, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", chartWidth, y+margin)
	fmt.Fprintf(&picture, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	picture.Write(body.Bytes())
	picture.WriteString("</svg>\n")
	return picture.Bytes()
}

// drawQuestion draws the answers to one question, and returns where the next one
// begins.
func drawQuestion(b *bytes.Buffer, answers []answer, y int) int {
	q := answers[0].question
	better := "less"
	if q.more {
		better = "more"
	}
	text(b, margin, y+18, "bold", q.name+", "+q.unit+" ("+better+" is better; ratio to "+cmp.Or(q.reference(), "none")+")")
	y += titleHeight
	longest := 0.0
	for _, a := range answers {
		longest = max(longest, a.value)
	}
	for _, a := range answers {
		length := 1.0
		if longest > 0 {
			length = max(length, barWidth*a.value/longest)
		}
		text(b, margin, y+15, "normal", a.subject)
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n",
			margin+labelWidth, y+3, length, lineHeight-6, barColor(a))
		text(b, margin+labelWidth+int(length)+8, y+15, "normal", number(a.value)+"  ("+number(a.ratio)+")")
		y += lineHeight
	}
	return y + 14
}

func barColor(a answer) string {
	if a.baseline {
		return "#8a8f98"
	}
	return "#2f6fb3"
}

func text(b *bytes.Buffer, x, y int, weight, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="%s">%s</text>`+"\n", x, y, weight, html.EscapeString(s))
}
