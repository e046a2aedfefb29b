___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Tailorbird",
  "categories": [
    "ANALYTICS",
    "PERSONALIZATION"
  ],
  "brand": {
    "id": "brand_dummy",
    "displayName": "Tailorbird"
  },
  "description": "Loads tailorbird.js from your own Tailorbird server, and sends events, page views, users and consent to it.",
  "containerContexts": [
    "WEB"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "SELECT",
    "name": "what",
    "displayName": "What this tag does",
    "macrosInSelect": false,
    "simpleValueType": true,
    "defaultValue": "load",
    "selectItems": [
      {
        "value": "load",
        "displayValue": "Load tailorbird.js"
      },
      {
        "value": "track",
        "displayValue": "Send an event"
      },
      {
        "value": "page",
        "displayValue": "Send a page view"
      },
      {
        "value": "identify",
        "displayValue": "Say who it is"
      },
      {
        "value": "consent",
        "displayValue": "Say what the visitor agreed to"
      },
      {
        "value": "reset",
        "displayValue": "Somebody logged out"
      }
    ]
  },
  {
    "type": "GROUP",
    "name": "loading",
    "displayName": "Server",
    "groupStyle": "NO_ZIPPY",
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "load",
        "type": "EQUALS"
      }
    ],
    "subParams": [
      {
        "type": "TEXT",
        "name": "host",
        "displayName": "Address of your server",
        "simpleValueType": true,
        "valueHint": "https://events.shop.example",
        "valueValidators": [
          {
            "type": "NON_EMPTY"
          },
          {
            "type": "REGEX",
            "args": [
              "https://[^/]+/?"
            ]
          }
        ]
      },
      {
        "type": "TEXT",
        "name": "key",
        "displayName": "Write key",
        "simpleValueType": true,
        "valueHint": "tb_...",
        "valueValidators": [
          {
            "type": "NON_EMPTY"
          }
        ]
      },
      {
        "type": "SELECT",
        "name": "consent",
        "displayName": "Consent",
        "simpleValueType": true,
        "defaultValue": "asked",
        "help": "Until there is consent nothing is stored and nothing is sent.",
        "selectItems": [
          {
            "value": "asked",
            "displayValue": "Wait until a tag or the page says it"
          },
          {
            "value": "mode",
            "displayValue": "Follow Google's consent mode"
          },
          {
            "value": "given",
            "displayValue": "It is given"
          }
        ]
      },
      {
        "type": "TEXT",
        "name": "purpose",
        "displayName": "Purpose of observing",
        "simpleValueType": true,
        "defaultValue": "analytics"
      },
      {
        "type": "TEXT",
        "name": "cookieDomain",
        "displayName": "Domain of the cookie",
        "simpleValueType": true,
        "help": "Shares the visitor between hosts of a site, for example .shop.example"
      },
      {
        "type": "CHECKBOX",
        "name": "serverVisitor",
        "checkboxText": "Let the server keep the visitor in a cookie that scripts cannot see",
        "simpleValueType": true
      },
      {
        "type": "SIMPLE_TABLE",
        "name": "options",
        "displayName": "More options, such as clicks, dwell or hover",
        "simpleTableColumns": [
          {
            "name": "name",
            "displayName": "Option",
            "type": "TEXT",
            "defaultValue": ""
          },
          {
            "name": "value",
            "displayName": "Value",
            "type": "TEXT",
            "defaultValue": ""
          }
        ]
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "event",
    "displayName": "Event",
    "simpleValueType": true,
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "track",
        "type": "EQUALS"
      }
    ],
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "pageName",
    "displayName": "Name of the page",
    "simpleValueType": true,
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "page",
        "type": "EQUALS"
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "userId",
    "displayName": "User",
    "simpleValueType": true,
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "identify",
        "type": "EQUALS"
      }
    ]
  },
  {
    "type": "SIMPLE_TABLE",
    "name": "properties",
    "displayName": "Properties, or traits",
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "track",
        "type": "EQUALS"
      },
      {
        "paramName": "what",
        "paramValue": "page",
        "type": "EQUALS"
      },
      {
        "paramName": "what",
        "paramValue": "identify",
        "type": "EQUALS"
      }
    ],
    "simpleTableColumns": [
      {
        "name": "name",
        "displayName": "Name",
        "type": "TEXT",
        "defaultValue": ""
      },
      {
        "name": "value",
        "displayName": "Value",
        "type": "TEXT",
        "defaultValue": ""
      }
    ]
  },
  {
    "type": "SIMPLE_TABLE",
    "name": "purposes",
    "displayName": "Purposes",
    "enablingConditions": [
      {
        "paramName": "what",
        "paramValue": "consent",
        "type": "EQUALS"
      }
    ],
    "simpleTableColumns": [
      {
        "name": "name",
        "displayName": "Purpose",
        "type": "TEXT",
        "defaultValue": "analytics"
      },
      {
        "name": "value",
        "displayName": "Agreed (true or false)",
        "type": "TEXT",
        "defaultValue": "true"
      }
    ]
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

// Sandboxed: nothing but what is required here can be used.
const addConsentListener = require('addConsentListener');
const callInWindow = require('callInWindow');
const copyFromWindow = require('copyFromWindow');
const createQueue = require('createQueue');
const getContainerVersion = require('getContainerVersion');
const getType = require('getType');
const injectScript = require('injectScript');
const isConsentGranted = require('isConsentGranted');
const log = require('logToConsole');
const makeTableMap = require('makeTableMap');
const queryPermission = require('queryPermission');
const setInWindow = require('setInWindow');

// What Google's consent mode calls the purposes of observing people.
const MODE = {
  ad_storage: 'marketing',
  personalization_storage: 'personalisation'
};

// Calls wait in a list until the library is there.
function call(given) {
  if (copyFromWindow('tailorbird.isLoaded')) callInWindow('tailorbird.push', given);
  else createQueue('tailorbird')(given);
}

function tableOf(rows) {
  return rows && rows.length ? makeTableMap(rows, 'name', 'value') : {};
}

function isTrue(value) {
  return value === true || value === 'true' || value === 'granted';
}

function consentOf(rows) {
  const said = tableOf(rows);
  for (let purpose in said) said[purpose] = isTrue(said[purpose]);
  return said;
}

function agreed(purpose, isGranted) {
  const said = {};
  said[purpose] = isGranted;
  call(['consent', said]);
}

function followConsentMode(type, purpose) {
  if (isConsentGranted(type)) agreed(purpose, true);
  addConsentListener(type, function (_, isGranted) {
    agreed(purpose, isGranted);
  });
}

function load() {
  const host = data.host.slice(-1) === '/' ? data.host.slice(0, -1) : data.host;
  const url = host + '/tailorbird.js';
  if (!queryPermission('inject_script', url)) {
    log('Tailorbird: this template may not load ' + url + '; allow it under Permissions');
    return data.gtmOnFailure();
  }
  const options = tableOf(data.options);
  options.host = host;
  options.key = data.key;
  options.consent = data.consent === 'given' ? 'given' : 'asked';
  options.consentPurpose = data.purpose || 'analytics';
  if (data.cookieDomain) options.cookieDomain = data.cookieDomain;
  if (data.serverVisitor) options.visitor = 'server';
  const container = getContainerVersion();
  if (container && container.previewMode) options.preview = true;
  setInWindow('tailorbirdOptions', options, true);
  if (data.consent === 'mode') {
    followConsentMode('analytics_storage', options.consentPurpose);
    for (let type in MODE) followConsentMode(type, MODE[type]);
  }
  injectScript(url, data.gtmOnSuccess, data.gtmOnFailure, 'tailorbird');
}

function say() {
  const properties = tableOf(data.properties);
  if (data.what === 'track') call(['track', data.event, properties]);
  else if (data.what === 'page') {
    call(data.pageName ? ['page', data.pageName, properties] : ['page', properties]);
  } else if (data.what === 'identify') {
    call(getType(data.userId) === 'undefined' ? ['identify', properties] : ['identify', data.userId, properties]);
  } else if (data.what === 'consent') call(['consent', consentOf(data.purposes)]);
  else if (data.what === 'reset') call(['reset']);
  data.gtmOnSuccess();
}

if (data.what === 'load') load();
else say();


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "access_globals",
        "versionId": "1"
      },
      "param": [
        {
          "key": "keys",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "tailorbird"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "tailorbird.isLoaded"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "tailorbird.push"
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": false
                  },
                  {
                    "type": 8,
                    "boolean": true
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "tailorbirdOptions"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "inject_script",
        "versionId": "1"
      },
      "param": [
        {
          "key": "urls",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "https://*/tailorbird.js"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "access_consent",
        "versionId": "1"
      },
      "param": [
        {
          "key": "consentTypes",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "analytics_storage"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "ad_storage"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "consentType"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "personalization_storage"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "logging",
        "versionId": "1"
      },
      "param": [
        {
          "key": "environments",
          "value": {
            "type": 1,
            "string": "debug"
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "read_container_data",
        "versionId": "1"
      },
      "param": []
    },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: The library is loaded from the server
  code: |-
    mock('injectScript', function (url, onSuccess) {
      assertThat(url).isEqualTo('https://events.shop.example/tailorbird.js');
      onSuccess();
    });
    runCode({what: 'load', host: 'https://events.shop.example/', key: 'tb_x', consent: 'asked'});
    assertApi('gtmOnSuccess').wasCalled();
- name: An event waits for the library
  code: |-
    const calls = [];
    mock('copyFromWindow', undefined);
    mock('createQueue', function () {
      return function (given) { calls.push(given); };
    });
    runCode({what: 'track', event: 'Product Added', properties: [{name: 'product_id', value: 'p1'}]});
    assertThat(calls[0][0]).isEqualTo('track');
    assertApi('gtmOnSuccess').wasCalled();


___NOTES___

Loads the library of a Tailorbird server that you run yourself. Narrow the permission to inject
scripts to the address of your server.
