// Package databases tries out sqlstore with the databases themselves:
// PostgreSQL, MariaDB and SQLite, each filled by the PdoSessionHandler of
// Symfony. It is a module of its own, so that their drivers do not get among the
// requirements of those who use rollcall.
//
// It has no code of its own; its tests are the matter.
package databases
