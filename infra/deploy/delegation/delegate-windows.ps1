<#
.SYNOPSIS
  Gives the engine's account exactly the rights it needs in an Active Directory domain.
.DESCRIPTION
  Run it as a domain administrator on a machine with the ActiveDirectory module (RSAT). Run it again at any time: rights
  that are there already stay as they are. See docs/operate/directory-delegation.md.
.PARAMETER Account
  sAMAccountName of the engine's account, an ordinary user. It must exist unless -CreateWithPassword is given.
.PARAMETER OrganizationalUnit
  DNs of the OUs in which the engine makes accounts, and of those where retired ones wait.
.PARAMETER GroupOrganizationalUnit
  DNs of the OUs whose groups the engine's accounts may join.
.PARAMETER CreateWithPassword
  Makes the account if it is not there; asks for its password when the value is left out of the call.
.PARAMETER AllowTombstones
  Also lets the account read deleted objects, so that it can tell "deleted" from "never seen".
.EXAMPLE
  .\delegate-windows.ps1 -Account svc-alm-engine -OrganizationalUnit 'OU=Managed,DC=corp,DC=example,DC=com' `
    -GroupOrganizationalUnit 'OU=Groups,DC=corp,DC=example,DC=com' -AllowTombstones
#>
[CmdletBinding(SupportsShouldProcess)]
param(
  [Parameter(Mandatory)] [string] $Account,
  [Parameter(Mandatory)] [string[]] $OrganizationalUnit,
  [string[]] $GroupOrganizationalUnit = @(),
  [SecureString] $CreateWithPassword,
  [switch] $AllowTombstones
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module ActiveDirectory

# What the engine writes on accounts; activities/directory checks for the same list.
$WrittenAttributes = 'userAccountControl', 'accountExpires', 'description', 'info', 'userPrincipalName',
  'pwdLastSet', 'lockoutTime', 'msDS-SupportedEncryptionTypes', 'cn', 'name', 'displayName', 'department', 'company',
  'division', 'employeeNumber', 'physicalDeliveryOfficeName', 'telephoneNumber', 'mail', 'title'
$Root = Get-ADRootDSE
$NoGuid = [Guid]::Empty

function Get-SchemaGuid([string] $Name) {
  $found = Get-ADObject -SearchBase $Root.schemaNamingContext -LDAPFilter "(lDAPDisplayName=$Name)" -Properties schemaIDGUID
  if (-not $found) { throw "The schema has no $Name." }
  [Guid] $found.schemaIDGUID
}
function Get-RightGuid([string] $Name) {
  $base = "CN=Extended-Rights,$($Root.configurationNamingContext)"
  $found = Get-ADObject -SearchBase $base -LDAPFilter "(cn=$Name)" -Properties rightsGuid
  if (-not $found) { throw "The configuration has no right $Name." }
  [Guid] $found.rightsGuid
}
function New-Rule([string] $Rights, [Guid] $ObjectType, [string] $Inheritance, [Guid] $InheritedType) {
  [DirectoryServices.ActiveDirectoryAccessRule]::new($Sid, $Rights, 'Allow', $ObjectType, $Inheritance, $InheritedType)
}
function Grant-Rules([string] $Dn, [object[]] $Rules) {
  if (-not $PSCmdlet.ShouldProcess($Dn, "delegate to $Account")) { return }
  $acl = Get-Acl -Path "AD:\$Dn"
  foreach ($rule in $Rules) { $acl.AddAccessRule($rule) } # merges with what is there
  Set-Acl -Path "AD:\$Dn" -AclObject $acl
  Write-Output "delegated $Dn to $Account"
}

$user = Get-ADUser -LDAPFilter "(sAMAccountName=$Account)"
if (-not $user) {
  if (-not $CreateWithPassword) { throw "$Account is not in the domain; give -CreateWithPassword to make it." }
  if ($PSCmdlet.ShouldProcess($Account, 'make the account')) {
    New-ADUser -Name $Account -SamAccountName $Account -UserPrincipalName "$Account@$((Get-ADDomain).DNSRoot)" `
      -AccountPassword $CreateWithPassword -PasswordNeverExpires $true -AccountNotDelegated $true -Enabled $true `
      -Description 'Account lifecycle engine: see its delegation before you change it'
    $user = Get-ADUser -LDAPFilter "(sAMAccountName=$Account)"
    Write-Output "made $Account"
  }
}
if (-not $user) { return }
$Sid = [Security.Principal.SecurityIdentifier] $user.SID

$userClass = Get-SchemaGuid 'user'
$groupClass = Get-SchemaGuid 'group'

# Make and delete users (also below an OU that is protected against the deletion of what is in it); reset their passwords;
# read them; write what the product writes, and nothing else.
$accountRules = @(
  (New-Rule 'CreateChild, DeleteChild' $userClass 'All' $NoGuid)
  (New-Rule 'ExtendedRight' (Get-RightGuid 'User-Force-Change-Password') 'Descendents' $userClass)
  (New-Rule 'ReadProperty, ListChildren, ReadControl, Delete' $NoGuid 'Descendents' $userClass)
)
foreach ($attribute in $WrittenAttributes) {
  $accountRules += New-Rule 'WriteProperty' (Get-SchemaGuid $attribute) 'Descendents' $userClass
}
foreach ($dn in $OrganizationalUnit) { Grant-Rules $dn $accountRules }

$memberRule = New-Rule 'WriteProperty' (Get-SchemaGuid 'member') 'Descendents' $groupClass
foreach ($dn in $GroupOrganizationalUnit) { Grant-Rules $dn @($memberRule) }

if ($AllowTombstones -and $PSCmdlet.ShouldProcess('Deleted Objects', "let $Account read it")) {
  $deleted = "CN=Deleted Objects,$($Root.defaultNamingContext)"
  # The container belongs to the system: only dsacls can take it over and grant rights on it.
  & dsacls.exe $deleted /takeownership | Out-Null
  if ($LASTEXITCODE -ne 0) { throw 'dsacls could not take over the Deleted Objects container.' }
  & dsacls.exe $deleted /G "$((Get-ADDomain).NetBIOSName)\${Account}:LCRP" | Out-Null
  if ($LASTEXITCODE -ne 0) { throw 'dsacls could not grant rights on the Deleted Objects container.' }
  Write-Output "$Account may read deleted objects"
}
