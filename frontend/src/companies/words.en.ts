export default {
  'companies.domains': 'Domains',
  'companies.people': 'People',
  'companies.contacts': { one: '1 contact', other: '{count} contacts' },
  'companies.website': 'Website',
  'companies.industry': 'Industry',
  'companies.region': 'Region',
  'companies.none': 'No companies yet. They come in through the API; mail from their domains is then bound to them.',
  'companies.noneFound': 'No company by that name.',
  'companies.failed': 'The companies could not be read.',
  'companies.oneFailed': 'The company could not be opened.',
}
