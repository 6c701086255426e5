<?php

// Reads tokens from its input, a line of hexadecimal digits each, and writes for
// each who Symfony says that its user is, or "nobody".

declare(strict_types=1);

namespace {
    foreach (['Core', 'Guard', 'Http'] as $component) {
        require "/usr/share/php/Symfony/Component/Security/$component/autoload.php";
    }
}

namespace App {
    use Symfony\Component\Security\Core\User\UserInterface;

    class User implements UserInterface
    {
        private $email;
        private $roles;
        private $password;

        public function getUserIdentifier(): string { return $this->email; }
        public function getUsername(): string { return $this->email; }
        public function getRoles(): array { return []; }
        public function getPassword(): ?string { return null; }
        public function getSalt(): ?string { return null; }
        public function eraseCredentials(): void {}
    }
}

namespace {
    use Symfony\Component\Security\Core\Authentication\AuthenticationTrustResolver;
    use Symfony\Component\Security\Core\Authentication\Token\RememberMeToken;
    use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;
    use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;

    error_reporting(0);

    function whois(string $data): string
    {
        try {
            $token = unserialize($data);
            if (!$token instanceof TokenInterface || !(new AuthenticationTrustResolver())->isAuthenticated($token)) {
                return 'nobody';
            }
            $by = $token instanceof SwitchUserToken ? $token->getOriginalToken()->getUserIdentifier() : '';

            return json_encode([$token->getUserIdentifier(), array_values($token->getRoleNames()), $token instanceof RememberMeToken, $by],
                JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_LINE_TERMINATORS);
        } catch (\Throwable $e) {
            return 'nobody';
        }
    }

    while (($line = fgets(STDIN)) !== false) {
        echo whois(hex2bin(trim($line))), "\n";
    }
}
