package website

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// A Visitor is a browser: it keeps cookies, and does what people do. It is not
// for concurrent use.
type Visitor struct {
	// Header is sent with every request.
	Header http.Header
	// SetCookies are the Set-Cookie headers of all answers.
	SetCookies []string

	url    *url.URL
	client *http.Client
}

// Who is what the website answers at /whoami.
type Who struct {
	Symfony      string   `json:"sf"`
	Token        string   `json:"token"` // its class; "" if there is none
	User         string   `json:"user"`  // "" if nobody has signed in
	UserClass    string   `json:"userClass"`
	Roles        []string `json:"roles"`     // of the token
	Reachable    []string `json:"reachable"` // and those that the role hierarchy adds
	Firewall     string   `json:"firewall"`
	Context      string   `json:"context"`
	Remembered   bool     `json:"remembered"`
	Impersonator string   `json:"impersonator"`
}

// Visitor returns a new one, without cookies.
func (s *Site) Visitor() *Visitor {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic(err) // PHP has printed it
	}
	jar, _ := cookiejar.New(nil) // it never fails
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Visitor{Header: http.Header{}, url: u, client: &http.Client{
		Jar: jar, CheckRedirect: stay, Timeout: time.Minute,
		Transport: &http.Transport{DisableKeepAlives: true}, // PHP's server has none
	}}
}

// Get asks for a page, such as "/set", and returns its text. A redirection is
// not followed; its text is where it leads.
func (v *Visitor) Get(path string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, v.url.String()+path, nil)
	if err != nil {
		return "", fmt.Errorf("website: %w", err)
	}
	return v.do(r)
}

// Open asks for a page and returns its text as it comes, until ctx ends.
func (v *Visitor) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url.String()+path, nil)
	if err != nil {
		return nil, fmt.Errorf("website: %w", err)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("website: %w", err)
	}
	return resp.Body, nil
}

var csrfToken = regexp.MustCompile(`name="_csrf_token" value="([^"]*)"`)

// Login fills in the form of a firewall: "", "/admin", "/shop"...
func (v *Visitor) Login(firewall, user, password string, remember bool) error {
	form, err := v.Get(firewall + "/login")
	if err != nil {
		return err
	}
	m := csrfToken.FindStringSubmatch(form)
	if m == nil {
		return fmt.Errorf("website: there is no form at %s/login", firewall)
	}
	values := url.Values{"_username": {user}, "_password": {password}, "_csrf_token": {html.UnescapeString(m[1])}}
	if remember {
		values.Set("_remember_me", "on")
	}
	r, err := http.NewRequest(http.MethodPost, v.url.String()+firewall+"/login", strings.NewReader(values.Encode()))
	if err != nil {
		return fmt.Errorf("website: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	to, err := v.do(r)
	if err != nil {
		return err
	}
	if strings.HasSuffix(to, "/login") {
		return fmt.Errorf("website: %s was not let in", user)
	}
	return nil
}

// WhoAmI asks who the website says that the visitor is.
func (v *Visitor) WhoAmI(firewall string) (*Who, error) {
	text, err := v.Get(firewall + "/whoami")
	if err != nil {
		return nil, err
	}
	who := &Who{}
	if err := json.Unmarshal([]byte(text), who); err != nil {
		return nil, fmt.Errorf("website: %s/whoami answers %q", firewall, text)
	}
	return who, nil
}

// CookieHeader is the Cookie header that the browser sends for a path.
func (v *Visitor) CookieHeader(path string) string {
	var pairs []string
	for _, c := range v.client.Jar.Cookies(v.url.JoinPath(path)) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}

// SessionID is the value of the session cookie, or "".
func (v *Visitor) SessionID() string {
	for _, c := range v.client.Jar.Cookies(v.url) {
		if c.Name == "PHPSESSID" {
			return c.Value
		}
	}
	return ""
}

// Forget drops a cookie, as a browser does with the session's when it is closed.
func (v *Visitor) Forget(cookie string) {
	v.client.Jar.SetCookies(v.url, []*http.Cookie{{Name: cookie, Path: "/", MaxAge: -1}})
}

func (v *Visitor) do(r *http.Request) (string, error) {
	for name, values := range v.Header {
		r.Header[name] = values
	}
	resp, err := v.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("website: %w", err)
	}
	defer resp.Body.Close()
	v.SetCookies = append(v.SetCookies, resp.Header["Set-Cookie"]...)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("website: %w", err)
	}
	if resp.StatusCode >= 500 {
		return "", fmt.Errorf("website: %s is answered with %s", r.URL.Path, resp.Status)
	}
	if to := resp.Header.Get("Location"); to != "" {
		return to, nil
	}
	return string(body), nil
}
