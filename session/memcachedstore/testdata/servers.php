<?php
// Prints for each data source name that is read from the standard input what
// Symfony and php-memcached make of it: the prefix of MemcachedSessionHandler,
// Memcached::OPT_PREFIX_KEY, and which servers have the keys key0, key1, ...:
// php servers.php <number of keys>

require 'Symfony/Component/Cache/autoload.php';
require 'Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\Cache\Adapter\MemcachedAdapter;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

while (($dsn = fgets(STDIN)) !== false) {
    $dsn = rtrim($dsn, "\n");
    try {
        $handler = SessionHandlerFactory::createHandler($dsn);
        $prefix = (fn () => $this->prefix)->call($handler);
        $client = MemcachedAdapter::createConnection($dsn);
        $servers = [];
        for ($i = 0; $i < (int) $argv[1]; $i++) {
            $server = $client->getServerByKey($prefix . 'key' . $i);
            $servers[] = $server['port'] ? $server['host'] . ':' . $server['port'] : $server['host'];
        }
        echo json_encode([
            'prefix' => $prefix,
            'namespace' => $client->getOption(Memcached::OPT_PREFIX_KEY),
            'servers' => $servers,
        ]), "\n";
    } catch (Throwable $e) {
        echo json_encode(['error' => $e->getMessage()]), "\n";
    }
}
