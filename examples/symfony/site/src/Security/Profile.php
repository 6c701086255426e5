<?php

declare(strict_types=1);

namespace App\Security;

/** It knows its owner, who knows it: a circle, which PHP writes with r:. */
final class Profile
{
    private EntityUser $owner;
    public string $displayName = 'Žofie „Ž” Nováková 🚀';
    public float $ratio = 0.1;
    public array $limits = [1.5, -0.0, 1e100, \INF];
    public \DateTimeImmutable $since;

    public function __construct(EntityUser $owner)
    {
        $this->owner = $owner;
        $this->since = new \DateTimeImmutable('2024-05-06 07:08:09', new \DateTimeZone('Europe/Prague'));
    }
}
