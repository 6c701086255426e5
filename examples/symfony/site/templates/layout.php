<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title><?= $h($title) ?></title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  nav a { margin-right: 0.8rem; }
  .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; }
  section, form { border: 1px solid light-dark(#d5d8e2, #3a3f4e); border-radius: 0.6rem; padding: 0 1.2rem 1.2rem; }
  form { max-width: 20rem; }
  h2 { font-size: 1rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: 0.86rem; }
  label { display: block; margin: 0.8rem 0; }
  label input:not([type=checkbox]) { display: block; width: 100%; font: inherit; box-sizing: border-box; }
  [role=alert] { color: light-dark(#b4232c, #ff8f8f); }
</style>
<nav>
  <?php foreach ($firewalls as $name => $path) { ?><a href="<?= $h($path) ?>/"><?= $h($name) ?></a><?php } ?>
</nav>
<h1><?= $h($title) ?></h1>
<?= $body ?>
