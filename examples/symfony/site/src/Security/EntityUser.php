<?php

declare(strict_types=1);

namespace App\Security;

use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;
use Symfony\Component\Security\Core\User\UserInterface;

/**
 * A user as an ORM would load it, with relations and values of every kind, all
 * of which end in the session. PHP writes it without a word of its own.
 */
final class EntityUser extends BaseUser implements UserInterface, PasswordAuthenticatedUserInterface
{
    use Accessors;

    private string $email;
    /** @var list<string> */
    private array $roles;
    protected string $password;
    public bool $enabled = true;
    public int $loginCount = 42;
    private Status $status = Status::Active;
    private Profile $profile;
    /** @var list<Profile> */
    private array $friends;
    private ?string $nothing = null;
    public string $nick = 'shared';
    public string $nickAgain = '';

    /** @param list<string> $roles */
    public function __construct(int $id, string $email, string $password, array $roles)
    {
        parent::__construct($id);
        $this->email = $email;
        $this->password = $password;
        $this->roles = $roles;
        $this->profile = new Profile($this);
        $this->friends = [$this->profile, $this->profile];
        $this->nickAgain = &$this->nick; // a reference, which PHP writes as R:
    }
}
