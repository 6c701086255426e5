<?php
// Writes a session through Symfony's handler with each of phpredis' options that
// change values: wrap.php PORT. It prints the option and the session's id.
require 'Symfony/Component/HttpFoundation/autoload.php';
use Symfony\Component\HttpFoundation\Session\Storage\Handler\RedisSessionHandler;

$redis = new Redis();
$redis->connect('127.0.0.1', (int) $argv[1]);
$handler = new RedisSessionHandler($redis);
$serializers = ['none', 'php', 'igbinary', 'json'];
$compressions = ['none', 'lzf', 'zstd', 'lz4'];
foreach ($serializers as $serializer) {
    foreach ($compressions as $compression) {
        foreach (['a|i:1;', '_sf2_attributes|a:1:{s:4:"name";s:600:"'.str_repeat('Žofie', 100).'";}', 'n|s:8:"'.random_bytes(8).'";', 'n|s:600:"'.bin2hex(random_bytes(300)).'";'] as $i => $data) {
            if ($serializer === 'json' && $i === 2) {
                continue; // JSON has no bytes
            }
            if ($compression !== 'lz4' && $i === 3) {
                continue; // the others leave what does not become shorter
            }
            $redis->setOption(Redis::OPT_SERIALIZER, constant('Redis::SERIALIZER_'.strtoupper($serializer)));
            $redis->setOption(Redis::OPT_COMPRESSION, constant('Redis::COMPRESSION_'.strtoupper($compression)));
            $id = "$serializer-$compression-$i";
            $handler->write($id, $data);
            $option = $compression !== 'none' ? "OPT_COMPRESSION $compression" : ($serializer !== 'none' ? "OPT_SERIALIZER $serializer" : 'none');
            echo "$id $option\n";
        }
    }
}
