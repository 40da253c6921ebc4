/** Secret templates (docs.delinea.com, Secret Server REST API): they are read here; a test makes them. */
import { Router } from 'express';
import { pageOf } from './paging.ts';
import { DEFAULT_REQUIREMENT, generatePassword } from './passwords.ts';
import { accessDenied, refusal, uncoded } from './refusals.ts';
import { answers, since, type Call } from './routing.ts';
import type { Template, TemplateField, World } from './types.ts';

export function templateRoutes(world: World): Router {
  const router = Router();
  router.get('/v1/secret-templates', answers(world, since('10.2.000018', list)));
  router.get('/v1/secret-templates/fields/search', answers(world, since('11.2', searchFields)));
  router.get(
    '/v1/secret-templates/:id',
    answers(world, (call) => {
      const template = find(call);
      return {
        id: template.id,
        name: template.name,
        passwordTypeId: template.passwordTypeId,
        fields: fieldModels(template),
      };
    }),
  );
  router.get(
    '/v2/secret-templates/:id',
    answers(
      world,
      since('11.2', (call) => details(find(call))),
    ),
  );
  router.get('/v1/secret-templates/:id/fields', () => {
    throw refusal({ status: 405, body: { message: 'The requested resource does not support this method.' } });
  });
  router.post('/v1/secret-templates/generate-password/:fieldId', answers(world, since('10.3', generate)));
  return router;
}

function refuseWithoutRole({ user }: Call): void {
  if (!user.canViewTemplates && !user.unlimited) throw accessDenied();
}

function list(call: Call) {
  refuseWithoutRole(call);
  const { world, query } = call;
  const text = (query.text('filter.searchText') ?? '').toLowerCase();
  const inactive = query.flag('filter.includeInactive') ?? false;
  const counted = query.flag('filter.includeSecretCount') ?? false;
  const records = [...world.templates.values()]
    .filter(({ active, name }) => (active || inactive) && name.toLowerCase().includes(text))
    .map(({ id, name, active, passwordTypeId }) => {
      const secrets = [...world.secrets.values()].filter(({ templateId }) => templateId === id);
      return { id, name, active, passwordTypeId, secretCount: counted ? secrets.length : null };
    });
  return pageOf(records, query);
}

function find(call: Call): Template {
  refuseWithoutRole(call);
  const template = call.world.templates.get(Number(call.param('id')));
  if (!template) throw accessDenied();
  return template;
}

function details(template: Template) {
  return {
    id: template.id,
    name: template.name,
    active: template.active,
    validatePasswordRequirementsOnCreate: template.validateOnCreate,
    validatePasswordRequirementsOnEdit: template.validateOnEdit,
  };
}

function fieldModels(template: Template) {
  return template.fields.map((field, index) => ({
    secretTemplateFieldId: field.id,
    name: field.name,
    displayName: field.name,
    description: '',
    fieldSlugName: field.slug,
    isRequired: field.isRequired,
    isPassword: field.isPassword,
    isNotes: field.isNotes,
    isFile: field.isFile,
    isUrl: field.isUrl,
    isList: false,
    listType: 'None',
    isExpirationField: field.isPassword,
    hideOnView: false,
    isIndexable: field.isIndexable,
    editRequires: field.editRequires,
    historyLength: 2_147_483_647,
    sortOrder: index + 1,
    passwordRequirementId: field.isPassword ? 1 : 0,
    passwordTypeFieldId: null,
  }));
}

function searchFields(call: Call) {
  refuseWithoutRole(call);
  const text = (call.query.text('filter.searchText') ?? '').toLowerCase();
  const records = [...call.world.templates.values()]
    .flatMap(fieldModels)
    .filter(({ name }) => name.toLowerCase().includes(text));
  return pageOf(records, call.query);
}

/** A JSON string that meets the field's requirement; only a password field has one. */
function generate(call: Call): string {
  const id = Number(call.param('fieldId'));
  const fields: readonly TemplateField[] = [...call.world.templates.values()].flatMap((template) => template.fields);
  const field = fields.find((each) => each.id === id);
  if (!field) throw accessDenied();
  if (!field.isPassword) throw uncoded('The field is not a password.');
  return generatePassword(field.requirement ?? DEFAULT_REQUIREMENT);
}
