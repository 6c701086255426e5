<?php

/*
 * Answers questions with the reader of examples/php, for a test. From stdin it
 * reads jobs in JSON and writes one answer to each.
 */

declare(strict_types=1);

require __DIR__.'/../../../examples/php/rollcall.php';

// A warning or a notice is a mistake of the reader.
set_error_handler(fn (int $level, string $text) => 0 !== (error_reporting() & $level) ? throw new ErrorException($text) : false);

function mgetOf(array $job): callable
{
    if (isset($job['redis'])) {
        $redis = new Redis();
        [$host, $port] = explode(':', $job['redis']);
        $redis->connect($host, (int) $port);

        return $redis->mget(...);
    }
    $values = array_map(hex2bin(...), $job['keys']);

    return fn (array $keys): array => array_map(fn (string $key) => $values[$key] ?? null, $keys);
}

function plain(Rollcall\Client $client): array
{
    return ['attributes' => (object) $client->attributes] + get_object_vars($client);
}

function answer(array $job): array
{
    $reader = new Rollcall\Reader(mgetOf($job));
    $answer = ['lookup' => [], 'byUser' => []];
    foreach ($job['lookup'] ?? [] as $id) {
        $client = $reader->lookup($id);
        $answer['lookup'][$id] = $client ? plain($client) : null;
    }
    foreach ($job['byUser'] ?? [] as $user) {
        $answer['byUser'][$user] = array_map(plain(...), $reader->byUser($user));
    }
    $answer['online'] = $reader->online($job['online'] ?? []);
    $answer['all'] = array_map(plain(...), iterator_to_array($reader->all(), false));
    $answer['count'] = $reader->count();
    $answer['users'] = $reader->users();
    $answer['nodes'] = $reader->nodes();

    return ['lookup' => (object) $answer['lookup'], 'byUser' => (object) $answer['byUser']] + $answer;
}

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR) as $job) {
    try {
        $answers[] = answer($job);
    } catch (Rollcall\Unreadable $e) {
        $answers[] = ['unreadable' => $e->getMessage()];
    }
}
echo json_encode($answers, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
