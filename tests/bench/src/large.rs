//! Projects of any size, to see what size costs.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// How many endpoints of each kind a project has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) tools: usize,
    pub(crate) resources: usize,
    pub(crate) prompts: usize,
}

impl Size {
    /// The size whose times have targets: large, and still one that a team could have.
    pub(crate) const LARGE: Size = Size { tools: 1000, resources: 200, prompts: 100 };

    /// A size of about so many endpoints, in the proportions of the large one.
    pub(crate) fn about(endpoints: usize) -> Self {
        let of = |part: usize| endpoints * part / Self::LARGE.endpoints();
        let (resources, prompts) = (of(Self::LARGE.resources), of(Self::LARGE.prompts));
        Self { tools: endpoints - resources - prompts, resources, prompts }
    }

    pub(crate) fn endpoints(self) -> usize {
        self.tools + self.resources + self.prompts
    }
}

/// Writes a project.
pub(crate) fn write(folder: &Path, size: Size) -> Result<()> {
    for kind in ["tools", "resources", "prompts"] {
        fs::create_dir_all(folder.join(kind))?;
    }
    fs::write(folder.join("mxcp-site.yml"), "mxcp: 1\nproject: large\nprofile: default\n")?;
    let file = |kind: &str, number: usize, text: String| {
        fs::write(folder.join(kind).join(format!("{number:05}.yml")), text)
    };
    (0..size.tools).try_for_each(|number| file("tools", number, tool(number)))?;
    (0..size.resources).try_for_each(|number| file("resources", number, resource(number)))?;
    Ok((0..size.prompts).try_for_each(|number| file("prompts", number, prompt(number)))?)
}

fn tool(number: usize) -> String {
    format!(
        "mxcp: 1
tool:
  name: tool_{number:05}
  description: Tool {number} of many
  tags: [many]
  annotations: {{readOnlyHint: true}}
  parameters:
    - {{name: region, type: string, description: A region, enum: [north, south], default: north}}
    - {{name: amount, type: integer, description: An amount, minimum: 1, maximum: 100}}
  return:
    type: object
    description: What was found
    properties:
      region: {{type: string, description: The region}}
      total: {{type: integer, description: The total}}
  source:
    code: SELECT $region AS region, $amount + {number} AS total
"
    )
}

fn resource(number: usize) -> String {
    format!(
        "mxcp: 1
resource:
  uri: stock://{number}/{{sku}}
  description: Resource {number} of many
  mime_type: application/json
  parameters:
    - {{name: sku, type: string, description: Article number}}
  return:
    type: object
    properties:
      sku: {{type: string, description: Article number}}
  source:
    code: SELECT $sku AS sku
"
    )
}

fn prompt(number: usize) -> String {
    format!(
        "mxcp: 1
prompt:
  name: prompt_{number:05}
  description: Prompt {number} of many
  parameters:
    - {{name: topic, type: string, description: What to write about}}
  messages:
    - role: user
      prompt: \"Write {{% if topic|length > 20 %}}at length{{% endif %}} about {{{{ topic }}}}, variant {number}\"
"
    )
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_keep_their_proportions() {
        let size = Size::about(13_000);
        assert_eq!((size.tools, size.resources, size.prompts), (10_000, 2_000, 1_000));
        assert_eq!(Size::about(1_000).endpoints(), 1_000);
    }
}
