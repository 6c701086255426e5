<?php

// php console.php version        prints Symfony's version
// php console.php create-table   makes the table of SESSION_DSN, if it needs one
// php console.php marshall KIND  does to the standard input what MARSHALLER does
// php console.php tokens DIR     writes every kind of token that a session may hold

declare(strict_types=1);

use App\Tokens;
use Symfony\Component\Cache\Marshaller\DeflateMarshaller;
use Symfony\Component\Cache\Marshaller\SodiumMarshaller;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\IdentityMarshaller;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\PdoSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\SessionHandlerFactory;
use Symfony\Component\HttpKernel\Kernel;

require __DIR__.'/autoload.php';

switch ($argv[1] ?? '') {
    case 'version':
        echo Kernel::VERSION, "\n";
        break;
    case 'create-table':
        if ('native' === $dsn = getenv('SESSION_DSN')) {
            break;
        }
        $handler = SessionHandlerFactory::createHandler($dsn);
        if ($handler instanceof PdoSessionHandler) {
            $handler->createTable();
        }
        break;
    case 'marshall':
        $marshaller = match ($argv[2]) {
            'deflate' => new DeflateMarshaller(new IdentityMarshaller()),
            'sodium' => new SodiumMarshaller([base64_decode(getenv('SODIUM_KEYPAIR'))], new IdentityMarshaller()),
        };
        echo $marshaller->marshall([stream_get_contents(\STDIN)], $failed)[0];
        break;
    case 'tokens':
        (new Tokens())->write($argv[2]);
        break;
    default:
        exit("usage: php console.php version | create-table | marshall KIND | tokens DIR\n");
}
