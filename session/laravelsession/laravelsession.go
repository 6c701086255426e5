// Package laravelsession reads the sessions of a Laravel website.
//
// The cookie is encrypted with the application's key, and [Encrypter.Cookie] gets
// the session's id out of it. The session itself is wherever the website's
// SESSION_DRIVER keeps it:
//
//	encrypter, err := laravelsession.NewEncrypter("AES-256-CBC", os.Getenv("APP_KEY"))
//
//	&firewall.SessionAuthenticator{
//		Sessions: session.New(store, &session.Options{Decode: laravelsession.Decode}),
//		Cookie:   encrypter.Cookie("laravel_session"),
//		Identify: firewall.Keys(firewall.Path{laravelsession.UserKey("web")}, nil),
//	}
//
// The store is, for the driver
//
//   - database: sqlstore.New(db, dialect, &sqlstore.Options{IDCol: "id", DataCol:
//     "payload", LifetimeCol: "-", TimeCol: "last_activity", Lifetime: 2 *
//     time.Hour}), where the last one is the website's SESSION_LIFETIME;
//   - redis: redisstore.New(client, &redisstore.Options{Prefix:
//     "laravel_database_laravel_cache_"}). The prefix is that of the connection,
//     REDIS_PREFIX, followed by that of the cache, CACHE_PREFIX, both of which are
//     made of APP_NAME if they are not set, with hyphens in newer applications; up
//     to Laravel 10 a colon comes after them. "redis-cli --scan" shows it;
//   - memcached: the same with package memcachedstore and the cache's prefix;
//   - file: filestore.New(folder, &filestore.Options{NoPrefix: true, Lifetime: 2 *
//     time.Hour}), where the folder is the website's storage/framework/sessions.
//
// With SESSION_ENCRYPT, set [session.Options].Unwrap to [Encrypter.Unwrap]. With
// SESSION_DRIVER=cookie the session is in a second cookie, which is not read: see
// package delegate.
//
// # Who it is
//
// A session says the user's id and no more. Names and roles are in the website's
// database, so Identify is where to ask for them: call what firewall.Keys returns
// and add to its answer.
//
// Laravel signs a user in again by the cookie "remember me" when a page is asked
// for, and only then gives him a session that says so. In a login that waits for
// a second factor, the session has another key (login.id, of Fortify), which is
// not looked at.
package laravelsession

// UserKey returns the key under which a session has the id of the user who has
// signed in with a guard of the website's config/auth.php, as a rule "web".
func UserKey(guard string) string {
	// SessionGuard::getName: sha1 of Illuminate\Auth\SessionGuard. A website
	// with a guard class of its own has another one.
	return "login_" + guard + "_59ba36addc2b2f9401580f014c7f58ea4e30989d"
}
