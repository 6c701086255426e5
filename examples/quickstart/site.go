package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/alexedwards/scs/v2"

	"github.com/rollcall-go/rollcall/clientstorage"
)

//go:embed page
var pageFiles embed.FS

// A site is the website: its visitors sign in and out, and may ask who is
// connected. It only reads the storage; it attaches nobody.
type site struct {
	sessions *scs.SessionManager
	storage  *clientstorage.Storage
	accounts accounts
	page     []byte
}

func newSite(sessions *scs.SessionManager, storage *clientstorage.Storage) http.Handler {
	s := &site{sessions, storage, demoAccounts(), renderPage()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("GET /whoami", s.whoami)
	mux.HandleFunc("GET /clients", s.clients)
	mux.HandleFunc("GET /clients/{id}", s.client)
	mux.HandleFunc("GET /explain", s.explain)
	files, _ := fs.Sub(pageFiles, "page") // fails for malformed names only
	for _, name := range []string{"page.css", "page.js", "dom.js", "people.js", "explain.js", "socket.js", "icon.svg"} {
		mux.Handle("GET /"+name, http.FileServerFS(files))
	}
	// From the outside in: a page of another website cannot post here, no body is
	// longer than a sign-in needs, and there is a session.
	var handler http.Handler = sessions.LoadAndSave(mux)
	handler = http.MaxBytesHandler(handler, 4<<10)
	handler = http.NewCrossOriginProtection().Handler(handler)
	return secureHeaders(handler)
}

// renderPage puts the demo users into the page.
func renderPage() []byte {
	var b bytes.Buffer
	page := template.Must(template.ParseFS(pageFiles, "page/index.html"))
	if err := page.Execute(&b, demoUsers); err != nil {
		panic(err) // the page is part of this program
	}
	return b.Bytes()
}

// secureHeaders forbids the page whatever it does not need, above all scripts
// and styles that are not files of this website.
func secureHeaders(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // who is who must not be served from a cache
		next.ServeHTTP(w, r)
	})
}

func (s *site) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(s.page)
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		answerError(w, status, "not a form that signs in")
		return
	}
	// Only what was posted counts: a password does not belong into a URL.
	user := r.PostForm.Get("user")
	roles, ok := s.accounts.check(user, r.PostForm.Get("password"))
	if !ok {
		if wantsPage(r) {
			http.Redirect(w, r, "/#login-error", http.StatusSeeOther)
			return
		}
		answerError(w, http.StatusUnauthorized, "wrong user or password")
		return
	}
	// A new token, so that nobody who knew the old one is signed in by this. It
	// also ends the old session, and with it the sockets of whoever was signed
	// in before.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		s.sessions.ErrorFunc(w, r, err)
		return
	}
	s.sessions.Put(r.Context(), "user", user)
	s.sessions.Put(r.Context(), "roles", roles)
	s.answerWhoami(w, r)
}

// logout ends the session. Nothing here knows of sockets: every node notices
// by itself that the session is gone, and closes those that were its.
func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.sessions.ErrorFunc(w, r, err)
		return
	}
	s.answerWhoami(w, r)
}

// answerWhoami answers a form: programs with who they are now, browsers with
// the page.
func (s *site) answerWhoami(w http.ResponseWriter, r *http.Request) {
	if wantsPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.whoami(w, r)
}

func (s *site) whoami(w http.ResponseWriter, r *http.Request) {
	user := s.sessions.GetString(r.Context(), "user")
	roles, _ := s.sessions.Get(r.Context(), "roles").([]string)
	answer(w, http.StatusOK, visitor{user, append([]string{}, roles...), user == ""})
}

// A visitor is who somebody is to the website.
type visitor struct {
	User      string   `json:"user"`
	Roles     []string `json:"roles"`
	Anonymous bool     `json:"anonymous"`
}

// clients lists who is connected, to any node. This demo tells everybody; a
// real website would ask for a role first.
func (s *site) clients(w http.ResponseWriter, r *http.Request) {
	list, err := everybody(r.Context(), s.storage)
	if err != nil {
		slog.Warn("the list of clients is not whole", "err", err)
		w.Header().Set("X-Rollcall-Partial", "1")
	}
	answer(w, http.StatusOK, list)
}

// client looks up one client, which may be connected to another node.
func (s *site) client(w http.ResponseWriter, r *http.Request) {
	id, err := clientstorage.ParseID(r.PathValue("id"))
	if err != nil {
		answerError(w, http.StatusNotFound, "no such client") // nobody ever had this id
		return
	}
	client, err := s.storage.Lookup(r.Context(), id)
	switch {
	case errors.Is(err, clientstorage.ErrNotFound):
		answerError(w, http.StatusNotFound, "no such client")
	case err != nil:
		slog.Warn("cannot look up a client", "err", err)
		answerError(w, http.StatusServiceUnavailable, "the client's node cannot be asked")
	default:
		answer(w, http.StatusOK, viewOf(client))
	}
}

// wantsPage tells a form that a browser sends, when scripts are off, from a
// program, and from the script of the page. Browsers put text/html first.
func wantsPage(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "text/html")
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // if the client is gone there is nobody to tell
}

func answerError(w http.ResponseWriter, status int, text string) {
	answer(w, status, map[string]string{"error": text})
}
