<?php

declare(strict_types=1);

namespace App;

use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;

final class Kernel extends BaseKernel
{
    use MicroKernelTrait;

    private function configureContainer(ContainerConfigurator $container): void
    {
        $container->import('../config/packages/*.php');
        $container->import('../config/services.php');
    }

    public function getProjectDir(): string
    {
        return \dirname(__DIR__);
    }

    /**
     * What the configuration asks of the environment while the container is
     * built is part of the folder's name, so that one folder serves many
     * websites.
     */
    public function getCacheDir(): string
    {
        $variant = [getenv('MARSHALLER') ?: 'none', getenv('LEGACY') ? 'legacy' : 'new', 'native' === getenv('SESSION_DSN') ? 'native' : 'dsn'];

        return (getenv('APP_CACHE_DIR') ?: getenv('VAR_DIR').'/cache').'/'.implode('-', $variant);
    }

    public function getLogDir(): string
    {
        return getenv('VAR_DIR').'/log';
    }
}
