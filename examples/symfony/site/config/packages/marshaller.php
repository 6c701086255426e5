<?php

// What happens to a session's bytes before they are stored: nothing, unless
// MARSHALLER says otherwise.

declare(strict_types=1);

use Symfony\Component\Cache\Marshaller\DeflateMarshaller;
use Symfony\Component\Cache\Marshaller\SodiumMarshaller;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;

use function Symfony\Component\DependencyInjection\Loader\Configurator\service;

return static function (ContainerConfigurator $container): void {
    $services = $container->services();
    switch (getenv('MARSHALLER') ?: 'none') {
        case 'none':
            break;
        case 'deflate':
            $services->set(DeflateMarshaller::class)->decorate('session.marshaller')->args([service('.inner')]);
            break;
        case 'sodium':
            $services->set(SodiumMarshaller::class)->decorate('session.marshaller')
                ->args([['%env(base64:SODIUM_KEYPAIR)%'], service('.inner')]);
            break;
        default:
            throw new \InvalidArgumentException('MARSHALLER is none, deflate or sodium');
    }
};
