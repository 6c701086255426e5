<?php
// Says what Symfony makes of the data source names that it reads, one a line:
// a JSON object, or the error.
require 'Symfony/Component/Cache/autoload.php';
require 'Symfony/Component/HttpFoundation/autoload.php';
use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;

function secret(object $object, string $property)
{
    $p = new ReflectionProperty($object, $property);
    $p->setAccessible(true);

    return $p->getValue($object);
}

while (false !== $dsn = fgets(STDIN)) {
    try {
        $handler = SessionHandlerFactory::createHandler(rtrim($dsn, "\n"));
        $redis = secret($handler, 'redis');
        $result = ['prefix' => secret($handler, 'prefix'), 'class' => get_class($redis)];
        if ($redis instanceof RedisArray) {
            $result['hosts'] = $redis->_hosts();
        } else {
            $vars = (new ReflectionFunction(secret($redis, 'initializer')))->getStaticVariables();
            $result['hosts'] = array_map(fn ($h) => isset($h['path']) ? $h['path'] : $h['host'].':'.$h['port'], $vars['hosts']);
            $result['auth'] = $vars['auth'] ?? $vars['params']['auth'] ?? '';
            $result['db'] = (string) $vars['params']['dbindex'];
            $result['timeout'] = (float) $vars['params']['timeout'];
            $result['read_timeout'] = (float) $vars['params']['read_timeout'];
            $result['sentinel'] = $vars['params']['redis_sentinel'] ?? '';
        }
        echo json_encode($result, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    } catch (Throwable $e) {
        echo json_encode(['error' => get_class($e)]), "\n";
    }
}
