package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// explainTime bounds how long somebody waits for an answer that begins with why.
const explainTime = 2 * time.Second

// explain says why a client, or a user, is here or is not:
//
//	GET /explain?id=...
//	GET /explain?user=alice
//
// in JSON, or in lines if the request asks for text/plain. It tells no more of
// anybody than the list of clients does, but takes more out of the cache, so it
// is for those only who are signed in. A real website would ask for a role.
func (s *site) explain(w http.ResponseWriter, r *http.Request) {
	if s.sessions.GetString(r.Context(), "user") == "" {
		answerError(w, http.StatusUnauthorized, "sign in to ask why")
		return
	}
	query := r.URL.Query()
	if query.Has("id") == query.Has("user") {
		answerError(w, http.StatusBadRequest, "ask with ?id= or with ?user=")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), explainTime)
	defer cancel()
	var why clientstorage.Explanation
	if query.Has("user") {
		why = s.storage.ExplainUser(ctx, query.Get("user"))
	} else {
		id, _ := clientstorage.ParseID(query.Get("id")) // that of nobody, if it is malformed
		why = s.storage.Explain(ctx, id)
	}
	keepErrors(why)
	if strings.HasPrefix(r.Header.Get("Accept"), "text/plain") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, why.String()+"\n")
		return
	}
	answer(w, http.StatusOK, why)
}

// keepErrors logs the errors in an explanation and takes them out of it: where
// the cache is and what is wrong with it is not the visitors' business.
func keepErrors(why clientstorage.Explanation) {
	for i := range why.Steps {
		if step := &why.Steps[i]; step.Err != nil {
			slog.Warn("while explaining", "node", step.Node, "what", step.What, "detail", step.Detail, "err", step.Err)
			step.Err = nil
		}
	}
}
